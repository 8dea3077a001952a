#pragma once

#include <cstddef>
#include <memory>
#include <span>

struct ssl_ctx_st;

namespace carrel::syslog {

/// What a server speaks TLS with: OpenSSL's SSL_CTX.
using tls_context = std::shared_ptr<ssl_ctx_st>;

/// The bytes that come on a socket, decrypted if need be. The socket does not block, and must outlive the stream. Belongs
/// to one thread.
class byte_stream {
public:
    /// What came of a read, or what it waits for.
    enum class state { bytes, wants_read, wants_write, ended };
    struct progress {
        byte_stream::state state = state::ended;
        std::size_t size = 0;
    };

    byte_stream() = default;
    byte_stream(const byte_stream&) = delete;
    byte_stream& operator=(const byte_stream&) = delete;
    virtual ~byte_stream() = default;

    virtual progress read(std::span<char> into) = 0;
    /// Bytes are here that the socket does not have any more.
    virtual bool has_buffered() const noexcept { return false; }
    /// The peer may send; false during a handshake.
    virtual bool is_open() const noexcept { return true; }
};

std::unique_ptr<byte_stream> make_plain_stream(int descriptor);
/// Null if there is no memory for it.
std::unique_ptr<byte_stream> make_tls_stream(int descriptor, const tls_context& context);

}  // namespace carrel::syslog
