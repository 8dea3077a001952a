#pragma once

#include "cli/options.hpp"

namespace CLI {
class App;
}

namespace carrel::cli {

/// Flags for what the server asks of others by itself, and for the key that keeps what it says to them. `settings` must outlive
/// the parsing.
void add_outbound_flags(CLI::App& app, serve_settings& settings);

/// Why the settings are not usable; empty if they are. Makes the directory of feeds absolute.
std::string fault_in_outbound(serve_settings& settings);

/// What of it is not the default, for the line that the log begins with.
std::string describe_outbound(const serve_settings& settings);

}  // namespace carrel::cli
