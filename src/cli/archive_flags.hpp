#pragma once

#include "cli/options.hpp"

#include <string>

namespace CLI {
class App;
}

namespace carrel::cli {

/// Flags about the archive of commits. `into` must outlive the parsing.
void add_archive_flags(CLI::App& app, archive_flags& into);

/// Takes the flags over. What is wrong, or empty.
std::string fault_in_archive(serve_settings& settings);

std::string describe_archive(const serve_settings& settings);

}  // namespace carrel::cli
