#pragma once

#include <carrel/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace carrel::cli {

/// What an operation takes of one file at most.
inline constexpr std::size_t import_bytes_max = 64u << 20;

/// What is sent of a file, of stdin (`-`), or, as an archive, of the files below a directory whose names end in one of `endings`.
/// Links are not followed. Errors: the system's codes; EBADMSG for what cannot be sent.
result<std::string> read_import_file(const std::string& path, std::span<const std::string_view> endings);

/// Whether there is such a file, without reading it.
result<void> check_import_file(const std::string& path, std::span<const std::string_view> endings);

}  // namespace carrel::cli
