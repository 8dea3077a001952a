#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace carrel::archive {

/// The text that gzip packed. Not more than `bytes_max` of it is ever held.
base::outcome<std::string> unpack_gzip(std::string_view packed, std::size_t bytes_max);

}  // namespace carrel::archive
