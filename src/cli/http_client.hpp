#pragma once

#include <carrel/error.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::cli {

/// `http://host:port/base`, or https.
struct http_url {
    std::string host;  // as in the URL, brackets of IPv6 included
    std::string port = "80";
    std::string base;  // without a slash at its end
    bool is_tls = false;
    bool is_verified = true;  // with https: by its certificate
    std::string ca_file;      // of https: certificates that are trusted instead of the system's; may be empty
    std::string token;        // sent with each request; may be empty
    std::string authority() const { return host + ":" + port; }
    /// Whether nobody on the way can read along: by TLS, or since it is this machine.
    bool is_safe() const;
};

/// Nothing if it is neither an http URL nor an https one.
std::optional<http_url> parse_url(std::string_view text);

using header_list = std::vector<std::pair<std::string, std::string>>;

struct http_reply {
    int status = 0;
    header_list headers;  // names in lower case
    std::string body;
    std::string_view header(std::string_view lower_case_name) const;
};

/// One keep-alive connection, over TLS with a verified server where the URL says so, that sends a request and waits for its reply. A reply that comes before the request is
/// fully sent ends the sending. Blocks; not thread-safe.
class http_client {
public:
    http_client(http_url server, std::chrono::seconds timeout);
    ~http_client();

    /// Errors: the system's codes; `timed_out`; `invalid_argument` if what came is not HTTP; EPROTO, with what to do, if the server
    /// speaks TLS and the URL does not. The connection is dropped then and
    /// the next request makes a new one.
    result<http_reply> post(std::string_view path, const header_list& headers, std::string_view body);

    /// As above, without a body.
    result<http_reply> get(std::string_view path, const header_list& headers);

    /// Whether there was ever a connection that could be used: a server that was never reached is not there, another one may come back.
    bool has_connected() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace carrel::cli
