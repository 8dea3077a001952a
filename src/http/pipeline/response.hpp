#pragma once

#include "http/routing/router.hpp"

#include <cstdint>
#include <optional>

namespace carrel::http {

enum class content { none, json, problem, metrics };

/// What a client is answered. A value made anew for each request.
struct response {
    unsigned short status = 0;  ///< 0: not decided yet.
    http::content content = http::content::none;
    bool closes = false;   ///< The connection ends with it: what follows in the stream will not be read.
    bool is_gzip = false;  ///< `reply.body` is compressed.
    siem::reply reply;
    std::uint64_t commit = 0;
    std::uint64_t retry_after = 0;
    std::optional<method_set> allow;

    bool is_refusal() const noexcept { return content == http::content::problem; }
};

}  // namespace carrel::http
