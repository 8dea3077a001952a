#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::testing {

/// One request as RFC 9112 frames it.
struct strict_request {
    std::string_view method;
    std::string_view target;
    std::string request_id;  ///< The value of `X-Request-Id`; empty if there is none.
    bool closes = false;     ///< Nothing behind it is a request.
    std::string body;
};

enum class strict_end { clean, incomplete, invalid };

struct strict_scan {
    std::vector<strict_request> requests;  ///< The valid ones, up to the first that is not, or that closes.
    strict_end end = strict_end::clean;
};

/// Cuts what one client sent into requests, by the grammar of RFC 9110 and RFC 9112 and nothing else: a second opinion,
/// written apart from the server's parser. Where the RFC leaves a choice to the recipient it takes the safe one: lines end
/// in CRLF, folded lines are invalid, one Content-Length at most, a Transfer-Encoding is one `chunked` of HTTP/1.1 without
/// a Content-Length. Wider than the RFC in one place: a target may have any visible ASCII but `#`, since browsers send
/// some bytes unescaped that RFC 3986 does not know. It bounds nothing by size. Views point into `bytes`.
strict_scan scan_strictly(std::string_view bytes);

}  // namespace carrel::testing
