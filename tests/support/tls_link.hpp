#pragma once

#include "support/raw_client.hpp"
#include "support/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace carrel::testing {

/// What a client of TLS is like.
struct tls_wish {
    int version_min = TLS1_2_VERSION, version_max = TLS1_3_VERSION;
    std::string ciphers = {};  // of TLS 1.2; empty: OpenSSL's
    std::string alpn = {};     // lengths and names; empty: no extension
    const tls_identity* identity = nullptr;
    SSL_SESSION* session = nullptr;
    std::function<void(SSL_SESSION*)> on_ticket = {};  // it owns what it gets
};

/// The client's side of TLS over a connected socket, by OpenSSL as it comes: it sends and receives as `raw_client` does
/// without it. One thread may send while another one receives.
class tls_link final : public byte_link {
public:
    explicit tls_link(int descriptor, tls_wish wanted = {})
        : descriptor_(descriptor),
          wanted_(std::move(wanted)),
          context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
          ssl_(nullptr, SSL_free) {
        ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
        auto* context = context_.get();
        SSL_CTX_set_security_level(context, 0);  // old protocols can be offered, so that their refusal is the server's
        SSL_CTX_set_min_proto_version(context, wanted_.version_min);
        SSL_CTX_set_max_proto_version(context, wanted_.version_max);
        if (!wanted_.ciphers.empty()) SSL_CTX_set_cipher_list(context, wanted_.ciphers.c_str());
        if (!wanted_.alpn.empty())
            SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wanted_.alpn.data()),
                                    static_cast<unsigned>(wanted_.alpn.size()));
        if (wanted_.identity != nullptr) {
            SSL_CTX_use_certificate(context, wanted_.identity->certificate());
            SSL_CTX_use_PrivateKey(context, wanted_.identity->key());
        }
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, take_ticket);
        ssl_.reset(SSL_new(context));
        SSL_set_app_data(ssl_.get(), this);
        // A copy, since the client of 1.3 uses a ticket once.
        if (wanted_.session != nullptr) {
            auto* copy = SSL_SESSION_dup(wanted_.session);
            SSL_set_session(ssl_.get(), copy);
            SSL_SESSION_free(copy);
        }
        SSL_set_fd(ssl_.get(), descriptor_);
        SSL_set_connect_state(ssl_.get());
    }

    tls_link(const tls_link&) = delete;
    tls_link& operator=(const tls_link&) = delete;
    // Else OpenSSL takes the ticket for spoilt.
    ~tls_link() override { SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN); }

    /// Empty, or why it failed.
    std::string shake_hands() {
        const auto done = run([this] { return SSL_do_handshake(ssl_.get()); });
        return done == 1 ? std::string() : failure_;
    }

    ssize_t send(const char* bytes, std::size_t size) override {
        return run(
            [&] { return SSL_write(ssl_.get(), bytes, static_cast<int>(std::min<std::size_t>(size, 1u << 20))); });
    }
    ssize_t receive(char* room, std::size_t size) override {
        const auto count = run([&] { return SSL_read(ssl_.get(), room, static_cast<int>(size)); });
        return count > 0 ? count : ended_cleanly_ || failure_ == "end" ? 0 : -1;
    }
    /// Why the last call failed: the name of an alert, `end`, `silence`, or OpenSSL's own words.
    const std::string& failure() const noexcept { return failure_; }
    /// The server has sent a close_notify.
    bool ended_cleanly() const noexcept { return ended_cleanly_; }
    void half_close() override {
        const std::lock_guard lock(mutex_);
        const no_pipe_signal quietly;
        SSL_shutdown(ssl_.get());
    }
    /// As what they are: OpenSSL's own.
    SSL* native() noexcept { return ssl_.get(); }

private:
    static int take_ticket(SSL* ssl, SSL_SESSION* session) {
        auto& self = *static_cast<tls_link*>(SSL_get_app_data(ssl));
        if (!self.wanted_.on_ticket) return 0;
        self.wanted_.on_ticket(session);
        return 1;
    }

    // OpenSSL writes to a socket that may be closed, and this program must not ignore the signal: the server's sends do
    // not raise it.
    class no_pipe_signal {
    public:
        no_pipe_signal() {
            sigemptyset(&pipe_);
            sigaddset(&pipe_, SIGPIPE);
            ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
        }
        ~no_pipe_signal() {
            const timespec at_once{0, 0};
            ::sigtimedwait(&pipe_, nullptr, &at_once);
            ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        }

    private:
        sigset_t pipe_, before_;
    };

    template <class Step>
    int run(Step step) {
        for (;;) {
            short event = 0;
            {
                const std::lock_guard lock(mutex_);
                const no_pipe_signal quietly;
                ERR_clear_error();
                const int outcome = step();
                if (outcome > 0) return outcome;
                const int why = SSL_get_error(ssl_.get(), outcome);
                if (why == SSL_ERROR_WANT_READ) event = POLLIN;
                else if (why == SSL_ERROR_WANT_WRITE) event = POLLOUT;
                else return note_failure(why);
            }
            pollfd waits{descriptor_, event, 0};
            if (::poll(&waits, 1, 20'000) == 0) {
                failure_ = "silence";
                return -1;
            }
        }
    }
    int note_failure(int why) {
        ended_cleanly_ = why == SSL_ERROR_ZERO_RETURN;
        const auto code = ERR_peek_error();
        const int reason = ERR_GET_REASON(code);
        if (why == SSL_ERROR_ZERO_RETURN || code == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) failure_ = "end";
        else if (reason >= SSL_AD_REASON_OFFSET) failure_ = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
        else failure_ = ERR_reason_error_string(code);
        return -1;
    }

    int descriptor_;
    tls_wish wanted_;
    std::mutex mutex_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    std::string failure_;
    bool ended_cleanly_ = false;
};

}  // namespace carrel::testing
