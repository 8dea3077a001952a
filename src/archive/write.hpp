#pragma once

#include "archive/read.hpp"

#include <chrono>
#include <span>
#include <string>

namespace carrel::archive {

/// Archives of files in the order given, each with the same time of change. The same files give the same bytes.
/// A name that `read` would refuse is refused here.
base::outcome<std::string> write_tar_gz(std::span<const entry> files, std::chrono::sys_seconds changed);
base::outcome<std::string> write_zip(std::span<const entry> files, std::chrono::sys_seconds changed);

}  // namespace carrel::archive
