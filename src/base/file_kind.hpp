#pragma once

#include <string>

namespace carrel::base {

/// What a path leads to, for whoever wants to read it whole. A pipe with a name, or a device, may be waited for without end; a pipe
/// without one, as a shell makes it for `<(command)`, ends with the program that writes it, and can be read once.
enum class file_kind {
    unknown,  ///< nothing is there, or it may not be looked at: opening it says why
    regular,
    unnamed_pipe,
    other
};

/// Follows links. Opens nothing, and does not wait.
file_kind kind_of(const std::string& path) noexcept;

}  // namespace carrel::base
