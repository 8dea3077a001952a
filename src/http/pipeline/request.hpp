#pragma once

#include "http/net/peer.hpp"
#include "http/pipeline/request_trace.hpp"
#include "http/protocol/method.hpp"
#include "http/routing/endpoints.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::http {

struct client_certificate;

/// Empty strings whose memory earlier requests have allocated. They carry room, never bytes.
struct spare_room {
    std::string target;
    std::array<std::string, 2> path;
    std::vector<std::pair<std::string, std::string>> query;
    std::string body;
    std::string reply;
};

enum class body_use { discard, collect, stream };

/// What a client requested. A value made anew for each request, so that nothing of another request can be in it.
struct request {
    http::method method = http::method::get;
    std::chrono::steady_clock::time_point found_at;  ///< The turn of the shard that found its first bytes.
    bool is_http11 = true;
    bool keep_alive = true;
    bool awaits_continue = false;  ///< `Expect: 100-continue`, and no 100 has been sent yet.
    bool accepts_gzip = false;
    bool accepts_html = false;
    bool is_proxied = false;      ///< The connection is a trusted proxy's.
    bool is_tls = false;          ///< The connection speaks TLS.
    peer_address client_address;  ///< The peer's, or the one that trusted proxies speak for.
    /// What was verified of the client's certificate; null if it has given none.
    std::shared_ptr<const http::client_certificate> client_certificate;
    const http::endpoint* endpoint = nullptr;    ///< Null until routed.
    const siem::operation* operation = nullptr;  ///< What its job runs.
    std::string target;                          ///< Path and query as sent.
    std::size_t path_size = 0;
    std::string id;  ///< `X-Request-Id`, or one of ours.
    request_trace trace;
    std::string allowed_origin;  ///< The `Origin`, if it is one that may read our responses.
    siem::call call;
    std::optional<std::chrono::milliseconds> deadline;
    http::body_use body_use = http::body_use::discard;
    std::uint64_t body_seen = 0;  ///< Bytes received, whatever becomes of them.
    std::string body;

    std::string_view path() const noexcept { return std::string_view(target).substr(0, path_size); }
};

}  // namespace carrel::http
