#pragma once

#include "base/failure.hpp"
#include "outbound/fetch.hpp"

#include <string>

namespace carrel::cli {

/// The header fields in a file, `NAME: VALUE` in a line each, that only its owner may use (`base::why_not_private`). Empty lines and
/// lines that begin with `#` are nothing. A failure names the path and the line, and shows nothing of what is in it.
base::outcome<outbound::headers> read_header_file(const std::string& path);

}  // namespace carrel::cli
