#include "http/net/tls_acceptor.hpp"

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <algorithm>
#include <utility>

namespace carrel::http {

namespace {

// When the server's certificate ends, in seconds since 1970; 0 if that is not known.
std::uint64_t certificate_end(const ssl_context& context) {
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0), &ASN1_TIME_free);
    int days = 0, seconds = 0;
    const auto* certificate = SSL_CTX_get0_certificate(context.get());
    if (epoch == nullptr || certificate == nullptr ||
        ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(certificate)) != 1)
        return 0;
    constexpr std::int64_t day = 86'400;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, day * days + seconds));
}

}  // namespace

result<std::shared_ptr<tls_acceptor>> tls_acceptor::open(tls_options options) {
    std::shared_ptr<tls_acceptor> made(new tls_acceptor(std::move(options)));
    if (auto loaded = made->load(true); !loaded) return loaded.error();
    return made;
}

// What a pipe held was read at the start.
result<void> tls_acceptor::reload() { return load(false); }

result<void> tls_acceptor::load(bool may_be_pipes) {
    auto fresh = make_ssl_context(options_, tickets_, may_be_pipes);
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
            {"tls_truncated_total", "TLS connections that ended without close_notify.", of(counts_.truncated), {}},
            {"tls_certificate_end_timestamp_seconds",
             "When the certificate in use ends, in seconds since 1970.",
             certificate_end(current()),
             {},
             true}};
}

}  // namespace carrel::http
