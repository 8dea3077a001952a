#include "http/pipeline/shard_context.hpp"

#include <charconv>
#include <cstdio>
#include <exception>
#include <random>

namespace carrel::http {

shard_context::shard_context(server_context& server, boost::asio::io_context& io)
    : server_(&server),
      io_(&io),
      status_(server.endpoints.size() + 1),
      held_(io),
      records_(server) {
    char salt[16];
    std::snprintf(salt, sizeof salt, "%08x-", std::random_device()());
    request_prefix_ = salt;
}

bool shard_context::can_parse() noexcept {
    try {
        json::parse_failure failure;
        return reader_.parse(R"({"self":["check"]})", failure) != nullptr;
    } catch (const std::exception&) {
        return false;
    }
}

// A line less is the least harm where there is no memory for it.
void shard_context::note_failure(std::string_view what, std::string_view why, std::string_view request_id) noexcept {
    status_.works.store(false, std::memory_order_relaxed);
    try {
        log(log_level::error, std::string(what).append(why), {request_id, {}});
    } catch (const std::exception&) {
        return;
    }
}

void shard_context::log(log_level level, std::string_view text, const telemetry::log_origin& origin) const {
    if (server_->request_log && !origin.request_id.empty()) return server_->request_log(level, text, origin);
    if (!server_->log) return;
    if (origin.request_id.empty()) return server_->log(level, text);
    server_->log(level, std::string("request ").append(origin.request_id).append(": ").append(text));
}

void shard_context::count(const request& of, const response& answer) noexcept {
    status_.counts.add(of.method, answer.status);
    const auto& all = server_->endpoints;
    const std::size_t place = of.endpoint == nullptr ? all.size() : static_cast<std::size_t>(of.endpoint - all.data());
    status_.times.add(place, answer.status, std::chrono::steady_clock::now() - of.found_at);
}

void shard_context::pack(const request& of, response& answer) {
    if (answer.is_gzip) return;
    answer.varies = answer.varies || answer.is_compressible();
    if (!of.accepts_gzip || !answer.is_compressible()) return;
    if (!deflater_.pack(answer.reply.body, packed_)) return;
    answer.reply.body.swap(packed_);
    answer.is_gzip = true;
}

void shard_context::name_request(std::string& id) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, ++request_ids_, 16).ptr;
    id.assign(request_prefix_).append(digits, end);
}

}  // namespace carrel::http
