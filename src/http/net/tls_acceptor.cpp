#include "http/net/tls_acceptor.hpp"

#include <utility>

namespace carrel::http {

result<std::shared_ptr<tls_acceptor>> tls_acceptor::open(tls_options options) {
    std::shared_ptr<tls_acceptor> made(new tls_acceptor(std::move(options)));
    if (auto loaded = made->reload(); !loaded) return loaded.error();
    return made;
}

result<void> tls_acceptor::reload() {
    auto fresh = make_ssl_context(options_, tickets_);
    if (!fresh) return fresh.error();
    const std::lock_guard lock(mutex_);
    context_ = std::move(*fresh);
    return {};
}

ssl_context tls_acceptor::current() const {
    const std::lock_guard lock(mutex_);
    return context_;
}

std::vector<counter> tls_acceptor::counters() const {
    const auto of = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
    constexpr std::string_view handshakes = "tls_handshakes_total", what = "TLS handshakes, by what became of them.";
    const auto resumed = of(counts_.resumed);
    return {{handshakes, what, of(counts_.completed) - resumed, {"outcome", "completed"}},
            {handshakes, what, resumed, {"outcome", "resumed"}},
            {handshakes, what, of(counts_.failed), {"outcome", "failed"}},
            {handshakes, what, of(counts_.plain), {"outcome", "not_tls"}},
            {"tls_truncated_total", "TLS connections that ended without close_notify.", of(counts_.truncated), {}}};
}

}  // namespace carrel::http
