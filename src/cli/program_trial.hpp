#pragma once

#include <string>

namespace carrel::cli {

/// Why a file is no carrel that this machine can run, as a clause; empty if it is one. It is run for that with `--version` and this
/// process's environment, and has ten seconds. Blocks.
std::string why_not_carrel(const std::string& path);

}  // namespace carrel::cli
