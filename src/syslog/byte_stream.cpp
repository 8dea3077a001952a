#include "syslog/byte_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#include <cerrno>

namespace carrel::syslog {

namespace {

class plain_stream final : public byte_stream {
public:
    explicit plain_stream(int descriptor)
        : descriptor_(descriptor) {}

    progress read(std::span<char> into) override {
        for (;;) {
            const auto size = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
            if (size > 0) return {state::bytes, static_cast<std::size_t>(size)};
            if (size == 0) return {};
            if (errno == EINTR) continue;
            return {errno == EAGAIN || errno == EWOULDBLOCK ? state::wants_read : state::ended, 0};
        }
    }

private:
    int descriptor_;
};

class tls_stream final : public byte_stream {
public:
    explicit tls_stream(tls_context context)
        : context_(std::move(context)),
          session_(SSL_new(context_.get()), SSL_free) {}

    bool attach(int descriptor) noexcept {
        if (!session_ || SSL_set_fd(session_.get(), descriptor) != 1) return false;
        SSL_set_accept_state(session_.get());
        // A sender that reads nothing and closes would have its end, and what it sent last, cut off by a reset: tickets that
        // nobody has read are waiting there.
        return SSL_set_num_tickets(session_.get(), 0) == 1;
    }

    // The handshake, then what it has let through.
    progress read(std::span<char> into) override {
        ERR_clear_error();
        std::size_t size = 0;
        if (SSL_read_ex(session_.get(), into.data(), into.size(), &size) == 1) return {state::bytes, size};
        switch (SSL_get_error(session_.get(), 0)) {
            case SSL_ERROR_WANT_READ: return {state::wants_read, 0};
            case SSL_ERROR_WANT_WRITE: return {state::wants_write, 0};
            default: ERR_clear_error(); return {};
        }
    }

    bool has_buffered() const noexcept override { return SSL_has_pending(session_.get()) == 1; }
    bool is_open() const noexcept override { return SSL_is_init_finished(session_.get()) == 1; }

private:
    tls_context context_;
    std::unique_ptr<SSL, void (*)(SSL*)> session_;
};

}  // namespace

std::unique_ptr<byte_stream> make_plain_stream(int descriptor) { return std::make_unique<plain_stream>(descriptor); }

std::unique_ptr<byte_stream> make_tls_stream(int descriptor, const tls_context& context) {
    auto made = std::make_unique<tls_stream>(context);
    if (!made->attach(descriptor)) return nullptr;
    return made;
}

}  // namespace carrel::syslog
