#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <string>

namespace carrel::cli {

/// What is in a regular file that only its owner may use (`base::why_not_private`), up to so many bytes. A failure names the path and shows
/// nothing of what is in it.
base::outcome<std::string> read_secret_file(const std::string& path, std::size_t bytes_max);

/// The token in a file that only its owner may use (`base::why_not_private`), without the line end behind it. It may
/// come by a pipe without a name, whose writer is waited for. A failure names the path and shows nothing of what is in it.
base::outcome<std::string> read_token(const std::string& path);

}  // namespace carrel::cli
