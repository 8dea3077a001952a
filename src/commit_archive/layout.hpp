#pragma once

#include <cstdint>
#include <string>

// How the archive's directory is laid out: a directory for each generation, which is an unbroken chain of commits, and in it
// bases, which are packed copies of the database, and files of commits.
//
//     00000003/base-00000000000000001207.zst     a copy that holds the commits up to 1207, and
//     00000003/base-00000000000000001207.json    what is to be known of it, written last
//     00000003/00000001-00000000000000001208.cwal        commits from 1208 on, complete; never changes
//     00000003/00000002-00000000000000009871.cwal.open   the one that is written
//     00000003/ended                             why it was given up, if it was
//     … .sent                                    the command took this file
//     lock                                       locked by the server that writes the archive
namespace carrel::commits {

std::string generation_path(const std::string& directory, std::uint32_t generation);
std::string commits_name(std::uint32_t serial, std::uint64_t first_sequence);
std::string base_name(std::uint64_t sequence);

inline constexpr const char* commits_suffix = ".cwal";
inline constexpr const char* open_suffix = ".open";
inline constexpr const char* sent_suffix = ".sent";
inline constexpr const char* ended_name = "ended";
inline constexpr const char* lock_name = "lock";

}  // namespace carrel::commits
