#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class source_type { git, http, filesystem };
inline constexpr std::array<std::string_view, 3> source_types = {"git", "http", "filesystem"};

/// Where files come from.
struct feed_source {
    source_type type = source_type::http;
    std::string url, branch;
    std::string path;                                 // below the directory of feeds, or below the repository
    std::string header_name = {}, header_value = {};  // the caller; empty for nobody
    std::string etag, last_modified;                  // of what was read the last time
    std::vector<std::string> include_paths = {}, exclude_paths = {};
    std::function<bool(std::string_view name)> takes_file = {};  // of an archive or a directory
};

struct source_file {
    std::string name;
    std::string bytes;
};

struct fetched_source {
    bool is_unchanged = false;  // since the last time
    std::string etag, last_modified;
    std::vector<source_file> files;
    std::size_t bytes = 0;
    std::vector<std::string> left_out;  // links and the like
};

}  // namespace carrel::siem
