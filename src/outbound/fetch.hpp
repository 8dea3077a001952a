#pragma once

#include "base/failure.hpp"
#include "outbound/policy.hpp"

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::outbound {

struct header {
    std::string name;
    std::string value;
};
using headers = std::vector<header>;

struct request {
    std::string method = "GET";
    std::string url;
    headers fields = {};  ///< without those that say how the message is framed or where it goes
    std::string body = {};
};

struct response {
    unsigned status = 0;
    headers fields;    ///< names in lower case
    std::string body;  ///< unpacked if gzip packed it

    /// Empty if it is not there.
    std::string_view field(std::string_view lower_case_name) const noexcept;
};

/// Sends a request and waits for the answer; every status is one, but for redirects that are followed. Blocks up to the
/// deadline: call it on a thread that may wait. A stop ends it at once.
///
/// TLS is verified against the system's certificates. Every address on the way must be one that the policy allows. On a redirect to
/// another origin only harmless headers go along (no `Authorization`, no cookie, no key under a name of its own); one from
/// https to http is refused.
///
/// A failure names the origin and what happened; it shows no path, query, header or body. Nothing throws.
base::outcome<response> fetch(const request& what, const policy& rules, std::stop_token stop = {}) noexcept;

}  // namespace carrel::outbound
