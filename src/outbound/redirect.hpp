#pragma once

#include "outbound/fetch.hpp"
#include "outbound/url.hpp"

#include <optional>

namespace carrel::outbound {

/// A request with its URL taken apart.
struct step {
    url to;
    std::string method;
    headers fields;
    std::string body;
};

/// Why a request cannot be sent as it is; nothing if it can. Shows no value.
base::outcome<void> check_request(const request& what);

/// What a redirect asks to send next; nothing if the answer is none.
base::outcome<std::optional<step>> next_step(const step& last, const response& answer);

}  // namespace carrel::outbound
