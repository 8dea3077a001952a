#pragma once

#include <optional>
#include <string>

namespace carrel::cli {

/// A password from a person, requested twice and not shown; or, where stdin is no terminal, its first line. Never from arguments:
/// every process of the machine can read these. Nothing if none was given or both differ, which has been reported.
std::optional<std::string> read_password(const std::string& username);

}  // namespace carrel::cli
