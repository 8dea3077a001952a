#pragma once

#include "http/net/tls_options.hpp"

#include <carrel/error.hpp>

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>

namespace carrel::http {

class tls_ticket_keys;

using ssl_context = std::shared_ptr<SSL_CTX>;

/// How long a client may resume a session.
inline constexpr std::chrono::seconds session_lifetime{7200};

/// What new connections are made from: certificate and key read from their files, TLS 1.2 and 1.3 with authenticated
/// encryption and ephemeral keys only, ALPN for HTTP/1.1, tickets sealed with `tickets`, which must outlive all of it.
/// `may_be_pipes`: the certificate and its key may come by pipes without names, whose writers are waited for; all else must be
/// regular files. Errors: the system's for a file that cannot be read, `invalid_argument` for one of another kind and for what is in
/// it; the diagnostic is one line.
result<ssl_context> make_ssl_context(const tls_options& options, tls_ticket_keys& tickets, bool may_be_pipes);

/// When the server's certificate ends, from now; negative if it has ended.
std::chrono::seconds certificate_time_left(const ssl_context& context);

/// The first reason in this thread's error queue, in OpenSSL's words; the queue is empty then.
std::string take_ssl_reason();

}  // namespace carrel::http
