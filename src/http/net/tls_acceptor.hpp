#pragma once

#include "http/counter.hpp"
#include "http/net/tls_context.hpp"
#include "http/net/tls_ticket_keys.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace carrel::http {

/// What has become of connections that spoke TLS, or should have.
struct tls_counts {
    std::atomic<std::uint64_t> completed{0};  // handshakes, those resumed included
    std::atomic<std::uint64_t> resumed{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> plain{0};      // HTTP without TLS
    std::atomic<std::uint64_t> truncated{0};  // ended without close_notify
};

/// The TLS side of a listener: certificate, key, tickets. Thread-safe; must outlive every connection made with it.
class tls_acceptor {
public:
    /// Certificate and key may come by pipes without names. Errors: those of `make_ssl_context`.
    static result<std::shared_ptr<tls_acceptor>> open(tls_options options);

    /// Reads the files again, which must be regular ones by now: it does not wait. New connections get what is in them now; if that
    /// cannot be used, nothing changes. Tickets stay good as long as the same issuers of clients' certificates are trusted.
    result<void> reload();

    /// For a new connection.
    ssl_context current() const;
    /// Of the certificate in use, until it ends.
    std::chrono::seconds certificate_time_left() const { return http::certificate_time_left(current()); }
    const tls_options& options() const noexcept { return options_; }

    tls_counts& counts() noexcept { return counts_; }
    /// For the page of metrics.
    std::vector<counter> counters() const;

private:
    explicit tls_acceptor(tls_options options)
        : options_(std::move(options)) {}
    result<void> load(bool may_be_pipes);

    tls_options options_;
    tls_ticket_keys tickets_;
    tls_counts counts_;
    mutable std::mutex mutex_;
    ssl_context context_;
};

}  // namespace carrel::http
