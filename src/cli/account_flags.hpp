#pragma once

#include "cli/options.hpp"

namespace CLI {
class App;
}

namespace carrel::cli {

/// Flags about users, passwords and sessions.
void add_account_flags(CLI::App& app, serve_settings& settings);

}  // namespace carrel::cli
