#pragma once

#include <carrel/error.hpp>

#include <cstdint>
#include <string>

namespace carrel::sqlite {

/// 'CRRL': the application id in the header of every file that carrel made.
inline constexpr std::int32_t application_id = 0x4352524C;
/// The layout of carrel's own tables, kept as the file's user version, to which open_mark.hpp adds. 0 in files of carrel
/// 0.1.0.
inline constexpr std::int32_t format_version = 1;

/// The URI by which SQLite reads `path` without locks and without its WAL, making no file beside it.
std::string immutable_uri(const std::string& path);

/// Whether carrel may open the existing file: it made it, or the file holds nothing at all. Changes no byte of it and
/// leaves no other file behind. `fd` is a descriptor of `path`, which may have a WAL or a rollback journal beside it.
/// Errors: `not_a_database`, `not_a_carrel_database`, SQLite's codes.
result<void> check_owner(int fd, const std::string& path);

}  // namespace carrel::sqlite
