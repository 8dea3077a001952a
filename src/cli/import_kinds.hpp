#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace carrel::cli {

/// What can be imported, and how its outcome is printed. All that a new kind needs is a line in import_kinds.cpp.
struct import_kind {
    std::string_view name;     // carrel import <name>
    std::string_view summary;  // of the command
    std::string_view files;    // what FILE is
    std::string_view path;     // of the operation that takes it
    /// Files with these ends, of a directory, are sent as one archive; none: a directory is refused.
    std::span<const std::string_view> endings;
    /// Writes on stdout what became of a file; how many of its parts were refused.
    std::int64_t (*print)(std::string_view file, const boost::json::object& reply);
};

std::span<const import_kind> import_kinds();

/// A text of others as a terminal may get it.
std::string printable(std::string_view text);

}  // namespace carrel::cli
