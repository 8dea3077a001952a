#pragma once

#include "base/failure.hpp"
#include "resource/operation.hpp"
#include "siem/content/content_members.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// The archive as files: a manifest, and a file of lines for each resource.
namespace carrel::siem {

inline constexpr std::string_view manifest_name = "manifest.json";
inline constexpr std::int64_t content_format = 1;
inline constexpr std::size_t content_bytes_max = std::size_t{128} << 20;  // unpacked
inline constexpr std::int64_t content_records_max = 100'000;

/// The names of a record's secrets that are not in the archive, by its table and its id.
using left_out_secrets = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

struct content_file {
    const content_member* member = nullptr;
    std::int64_t records = 0;
    std::string bytes;
};

struct content_package {
    std::vector<content_file> files;  // in the order of `content_members`
    left_out_secrets secrets;
};

/// Of the newest migration: what the lines are written by.
std::int64_t schema_step();

/// The same package gives the same bytes but for the time.
base::outcome<std::string> pack(const content_package& content, timestamp at);

/// Opens an archive and holds it against its manifest: nothing in it may be missing, more, or other than it says.
std::optional<problem> unpack(std::string_view bytes, content_package& into);

}  // namespace carrel::siem
