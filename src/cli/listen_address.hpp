#pragma once

#include "syslog/server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// `127.0.0.1:8080`, `[::1]:0`, `localhost:8080`. Nothing if it is none of these.
std::optional<boost::asio::ip::tcp::endpoint> parse_listen_address(std::string_view text);

/// What `--syslog` names: `udp://ADDR:PORT`, `tcp://ADDR:PORT`, or both where no transport is named. Empty if it is none of
/// these.
std::vector<syslog::endpoint> parse_syslog_address(std::string_view text);

/// Why one cannot listen there now, if one cannot. Leaves nothing behind, so it can be called before a file is created.
boost::system::error_code try_listening(const boost::asio::ip::tcp::endpoint& there);

}  // namespace carrel::cli
