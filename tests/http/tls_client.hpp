#pragma once

#include "fixture.hpp"

#include "http/net/tls_acceptor.hpp"
#include "support/tls_server.hpp"

#include <memory>
#include <string>
#include <utility>

namespace carrel::testing {

/// `http/1.1` and `h2` as a ClientHello lists them.
inline const std::string alpn_http11 = "\x08http/1.1";
inline const std::string alpn_h2 = "\x02h2";

/// A server over TLS with files of its own.
class tls_running_server {
public:
    explicit tls_running_server(const running_server::tweak& change = {},
                                const std::function<void(http::tls_options&)>& change_tls = {})
        : acceptor_(open_acceptor([&] {
              auto options = files.options();
              if (change_tls) change_tls(options);
              return options;
          }())),
          server_([&](auto& settings) {
              settings.tls = acceptor_;
              if (change) change(settings);
          }) {}

    running_server* operator->() { return &server_; }
    http::tls_acceptor& acceptor() { return *acceptor_; }
    http::tls_counts& counts() { return acceptor_->counts(); }

    tls_files files;

private:
    std::shared_ptr<http::tls_acceptor> acceptor_;
    running_server server_;
};

/// A client that speaks TLS, whatever the suite's switch says.
class tls_client : public raw_client {
public:
    explicit tls_client(std::uint16_t port, tls_wish wanted = {})
        : raw_client(port) {
        auto made = std::make_unique<tls_link>(descriptor(), std::move(wanted));
        link_ = made.get();
        failure_ = made->shake_hands();
        auto shared = std::make_shared<std::unique_ptr<byte_link>>(std::move(made));
        use_link([shared](int) { return std::move(*shared); });
    }

    /// Why there is no connection; empty if there is one.
    const std::string& failure() const noexcept { return failure_; }
    tls_link& link() noexcept { return *link_; }
    SSL* native() noexcept { return link_->native(); }
    /// An alert may come with what is read, behind a handshake that was complete for the client.
    std::string failure_of_request() {
        if (!failure_.empty()) return failure_;
        return ask("GET", "/health/live").status == 200 ? std::string() : link_->failure();
    }

private:
    tls_link* link_;
    std::string failure_;
};

/// A client that speaks no TLS, whatever the suite's switch says.
class tcp_client : public raw_client {
public:
    explicit tcp_client(std::uint16_t port)
        : raw_client(port) {
        use_link({});
    }
};

/// The client's side of TLS without a socket: the test carries the bytes.
class tls_memory_client {
public:
    explicit tls_memory_client(int version_max = TLS1_3_VERSION)
        : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
          ssl_(nullptr, SSL_free) {
        SSL_CTX_set_max_proto_version(context_.get(), version_max);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
    }

    tls_memory_client(const tls_memory_client&) = delete;
    tls_memory_client& operator=(const tls_memory_client&) = delete;
    // Else OpenSSL takes the ticket for spoilt.
    ~tls_memory_client() { SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN); }

    /// What is to be sent next.
    std::string taken() {
        std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
        if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    void give(std::string_view bytes) {
        BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    }
    /// What has come to a socket, of which there must be something.
    void give_from(int descriptor) {
        std::string bytes(1u << 16, '\0');
        const auto count = ::recv(descriptor, bytes.data(), bytes.size(), 0);
        if (count <= 0) throw std::runtime_error("nothing was received");
        give(std::string_view(bytes).substr(0, static_cast<std::size_t>(count)));
    }
    /// The first flight.
    std::string hello() {
        SSL_do_handshake(ssl_.get());
        return taken();
    }
    bool step() { return SSL_do_handshake(ssl_.get()) == 1; }
    std::string sealed(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return taken();
    }
    /// What has come so far.
    std::string opened() {
        std::string all(1u << 16, '\0');
        const int count = SSL_read(ssl_.get(), all.data(), static_cast<int>(all.size()));
        all.resize(static_cast<std::size_t>(std::max(count, 0)));
        return all;
    }
    SSL* native() noexcept { return ssl_.get(); }

private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
};

}  // namespace carrel::testing
