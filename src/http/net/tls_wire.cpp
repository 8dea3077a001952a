#include "http/net/tls_wire.hpp"

#include <openssl/bio.h>

#include <memory>

namespace carrel::http {

namespace {

tls_wire& wire_of(BIO* bio) noexcept { return *static_cast<tls_wire*>(BIO_get_data(bio)); }

// Every method of HTTP begins so, and no record of TLS.
bool is_method_letter(char c) noexcept { return c >= 'A' && c <= 'Z'; }

int read_some(BIO* bio, char* into, int size) {
    auto& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    io_outcome got{io_status::would_block, 0};
    if (wire.socket->may_receive()) got = wire.socket->receive({into, static_cast<std::size_t>(size)});
    if (got.status == io_status::would_block) BIO_set_retry_read(bio);
    if (got.status == io_status::ended) return 0;
    if (got.status != io_status::done) return -1;
    if (!wire.has_bytes) {
        wire.has_bytes = true;
        wire.is_plain = is_method_letter(into[0]);
    }
    return wire.is_plain ? -1 : static_cast<int>(got.count);
}

int write_some(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = wire_of(bio).socket->send({bytes, static_cast<std::size_t>(size)});
    if (sent.status == io_status::would_block) BIO_set_retry_write(bio);
    return sent.status == io_status::done ? static_cast<int>(sent.count) : -1;
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;  // nothing is held back
    return command == BIO_CTRL_EOF && wire_of(bio).socket->at_end() ? 1 : 0;
}

BIO_METHOD* make_method() {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "carrel socket");
    if (made == nullptr) return nullptr;
    BIO_meth_set_read(made, read_some);
    BIO_meth_set_write(made, write_some);
    BIO_meth_set_ctrl(made, control);
    return made;
}

struct free_method {
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

}  // namespace

bool tls_wire::attach(SSL* session) noexcept {
    static const std::unique_ptr<BIO_METHOD, free_method> method(make_method());
    auto* bio = method ? BIO_new(method.get()) : nullptr;
    if (bio == nullptr) return false;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
    return true;
}

}  // namespace carrel::http
