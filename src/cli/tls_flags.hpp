#pragma once

#include "http/net/tls_acceptor.hpp"

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace carrel::cli {

/// Flags for the TLS of `carrel serve`. `into` must outlive the parsing.
void add_tls_flags(CLI::App& app, http::tls_options& into);

/// Why they do not go together; empty if they do.
std::string fault_in_tls(const http::tls_options& options);

/// What of it is not the default, for the line that the log begins with.
std::string describe_tls(const http::tls_options& options);

/// Null without TLS. An exit status if the files cannot be used, which has then been reported: a key that others may read
/// is one of the reasons.
std::optional<int> open_tls(const http::tls_options& options, std::shared_ptr<http::tls_acceptor>& into);

/// At SIGHUP: takes the files as they are now, or logs why those in use stay.
void reload_tls(http::tls_acceptor& acceptor);

/// Why another start would not find what these files held; empty if it would.
std::string why_not_read_again(const http::tls_options& options);

/// Logs if the certificate has ended, or soon will.
void warn_of_end(const http::tls_acceptor& acceptor);

}  // namespace carrel::cli
