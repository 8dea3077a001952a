#pragma once

#include "http/counter.hpp"
#include "http/limits.hpp"
#include "resource/operation.hpp"
#include "siem/access_in_force.hpp"
#include "siem/keeper_counters.hpp"
#include "siem/mappings_in_force.hpp"
#include "telemetry/log_origin.hpp"

#include <carrel/database.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace carrel::telemetry {
class access_log;
class trace_exporter;
}  // namespace carrel::telemetry

namespace carrel::http {

class tls_acceptor;

struct server_options {
    std::string address = "127.0.0.1";  ///< A literal IPv4 or IPv6 address, brackets optional.
    std::uint16_t port = 8080;          ///< 0 picks a free one.
    /// Sockets that listen already, in place of `address` and `port`: descriptors that the server owns from `listen` on.
    std::vector<int> sockets;
    std::size_t shards = 0;                  ///< Threads that serve; 0: one a core.
    std::vector<std::string> allow_hosts;    ///< Accepted in `Host` beside the local names; without a port: any port.
    std::vector<std::string> allow_origins;  ///< `https://siem.example`: may write, and read by CORS.
    std::vector<std::string>
        trusted_proxies;                ///< Addresses whose `X-Forwarded-Proto` and `X-Forwarded-For` are believed.
    bool insecure = false;              ///< Allows an address that is not loopback.
    std::shared_ptr<tls_acceptor> tls;  ///< Null: plain HTTP.
    http::limits limits;
    std::function<siem::timestamp()> clock;               ///< Wall clock; empty: the system's.
    log_sink log;                                         ///< Called from shard threads; may be empty.
    telemetry::request_log_sink request_log;              ///< For lines of requests; empty: `log` gets them.
    std::shared_ptr<telemetry::access_log> access_lines;  ///< Of each request a line; null: none.
    std::shared_ptr<telemetry::trace_exporter> traces;    ///< Of requests that are sampled, spans; null: none.
    std::shared_ptr<const siem::keeper_counters> keeper;  ///< For /metrics; may be null.
    std::function<std::vector<counter>()> counters;       ///< Called from shard threads; may be empty.
    std::string version;                                  ///< For the OpenAPI document.
    /// What new events are read by; null: the server loads its own.
    std::shared_ptr<siem::mappings_in_force> mappings;
    /// Who is let in; null: the server loads its own.
    std::shared_ptr<siem::access_in_force> access;
    bool require_login = false;  ///< Also while there are no users.

    /// What is sent and received can be read and changed by nobody on the way.
    bool has_safe_transport() const noexcept { return tls != nullptr; }
};

/// The front end: one thread a shard, each with a resident reader, and one listener that deals sockets to them.
///
/// Threads: `begin_drain` is safe from any thread and never blocks; the rest belongs to the thread that owns the server.
/// Lifetimes: the database must outlive the server.
class server {
public:
    /// Binds and listens; nothing is answered before `run`. Raises the soft limit of open files to the hard one.
    /// Errors: `errc::invalid_option` (address, shards, not loopback without `insecure`), the system's code (port in
    /// use); the message is one line fit for an operator.
    static result<server> listen(database& store, server_options options);

    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    /// As `stop` with a deadline of 0.
    ~server();

    /// The address and port bound, as in the line `listening on`: `http://127.0.0.1:8080`, `https://…` with TLS.
    /// That of the first socket, if there are several.
    const std::string& url() const noexcept;
    const std::vector<std::string>& urls() const noexcept;
    std::uint16_t port() const noexcept;

    /// Starts the shard threads and returns once each has its reader; requests are answered from then on.
    /// Errors: those of `shard::attach`; then nothing runs.
    result<void> run();

    /// Events were stored by someone else than a request: those who follow may read them. Any thread, until `stop`.
    void announce_events() noexcept;

    /// Makes readiness false, closes the listener and idle connections; requests in flight are finished with
    /// `Connection: close`. Returns at once.
    void begin_drain() noexcept;

    /// Drains, waits up to `deadline` for connections to end, then cuts those that are left; joins the shard threads.
    /// Writes that the database has accepted are always finished. True if nothing had to be cut. Idempotent.
    bool stop(std::chrono::milliseconds deadline);

    /// The sockets once more, under descriptors of the caller's: as long as they are open, clients can connect and wait for
    /// who listens next. Before `stop`.
    std::vector<int> duplicate_sockets() const;

    /// Whether every shard has taken a turn of late, so that requests are answered. True while nothing is to be answered:
    /// before `run`, and from `begin_drain` on. Any thread.
    bool takes_turns() const noexcept;

    /// Connections open now.
    std::size_t connections() const noexcept;

private:
    struct state;
    explicit server(std::unique_ptr<state> made) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace carrel::http
