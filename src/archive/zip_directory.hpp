#pragma once

#include "archive/read.hpp"

#include <string_view>

namespace carrel::archive {

/// Looks through a zip's directory before anything of it is unpacked: what must not be in it, and what would cost memory by
/// the directory alone. Gives how many entries there are.
base::outcome<std::size_t> check_zip_directory(std::string_view bytes, const limits& bounds);

}  // namespace carrel::archive
