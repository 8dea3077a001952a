#pragma once

#include "commit_archive/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace carrel::commits {

/// Pages by their number.
using pages = std::map<std::uint32_t, std::string>;

/// What the last block of a generation that holds a commit with a number of its own, and those after it, which only mark the file, left in
/// the pages that they wrote and that the database still has. Nothing if there is no such commit. Errors: the system's; `corrupt`.
result<pages> last_pages(const generation& of);

}  // namespace carrel::commits
