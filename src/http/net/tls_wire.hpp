#pragma once

#include "http/net/tcp_stream.hpp"

#include <openssl/ssl.h>

namespace carrel::http {

/// What OpenSSL reads from and writes to: a socket that tells whether there may be bytes, so that none is read in vain.
struct tls_wire {
    tcp_stream* socket;
    bool has_bytes = false;  ///< The first ones have come.
    bool is_plain = false;   ///< They were HTTP. OpenSSL has not got them.

    /// Gives the session this wire, which must outlive it. False if there is no memory.
    bool attach(SSL* session) noexcept;
};

}  // namespace carrel::http
