#pragma once

#include "http/server.hpp"

#include <string>

namespace CLI {
class App;
}

namespace carrel::cli {

/// Flags for the bounds of the front end that `limits` holds. `limits` must outlive the parsing.
void add_limit_flags(CLI::App& app, http::limits& limits);

/// Flags for who may reach the front end from elsewhere: hosts, origins, proxies.
void add_access_flags(CLI::App& app, http::server_options& front);

/// Why an origin or a proxy is not one; empty if all are.
std::string fault_in_access(const http::server_options& front);

}  // namespace carrel::cli
