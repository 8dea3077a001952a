#pragma once

namespace carrel::cli {

/// Opens those of standard input, output and error that whoever started the program left closed, on /dev/null. Their numbers would
/// go to the next files that are opened, and what is printed into those. To be called before any file is opened. False if
/// that cannot be done.
bool hold_standard_streams() noexcept;

}  // namespace carrel::cli
