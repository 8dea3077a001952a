#pragma once

#include "syslog/message_store.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carrel::syslog {

enum class transport { udp, tcp, tls };

struct endpoint {
    transport protocol = transport::udp;
    boost::asio::ip::address address;
    std::uint16_t port = 514;  // 0 picks one
};

/// `ADDR:PORT`, with brackets around IPv6.
std::string authority(const boost::asio::ip::address& address, std::uint16_t port);

struct server_options {
    std::vector<endpoint> endpoints;
    std::size_t message_bytes_max = 256u << 10;
    std::size_t connections_max = 1'024;
    log_sink log;
    std::shared_ptr<const siem::mappings_in_force> mappings;  ///< Null: the builtin ones.
};

inline constexpr std::size_t udp_message_bytes_max = 64u << 10;

/// Receives syslog and stores it: a thread of its own. TCP is not read while the writer is behind; what comes by UDP then is
/// dropped and counted. The database must outlive the server.
class server {
public:
    /// Binds; nothing is received before `run`. Errors: the system's.
    static result<server> listen(database& store, server_options options);
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    /// As `stop` with a deadline of 0.
    ~server();

    /// `udp://127.0.0.1:514` of each endpoint.
    std::vector<std::string> urls() const;
    void run();
    /// Takes no more, stores what came, and ends. Past the deadline what is not stored is dropped and counted; true if
    /// nothing was. Idempotent.
    bool stop(std::chrono::milliseconds deadline);

    const counts& counted() const noexcept;

private:
    struct state;
    explicit server(std::unique_ptr<state> made) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace carrel::syslog
