#pragma once

#include "base/failure.hpp"

#include <string>

namespace carrel::cli {

/// The token in a file that only its owner may use (`base::why_not_private`), without the line end behind it. A failure names the
/// path and shows nothing of what is in it.
base::outcome<std::string> read_token(const std::string& path);

}  // namespace carrel::cli
