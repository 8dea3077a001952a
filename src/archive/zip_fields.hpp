#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

// The records of a zip file, as PKWARE's APPNOTE lays them out: integers are little-endian.
namespace carrel::archive::zip {

inline constexpr std::string_view end_signature("PK\x05\x06", 4);
inline constexpr std::string_view central_signature("PK\x01\x02", 4);
inline constexpr std::string_view local_signature("PK\x03\x04", 4);
inline constexpr std::string_view locator_signature("PK\x06\x07", 4);
inline constexpr std::size_t end_bytes = 22;
inline constexpr std::size_t central_bytes = 46;
inline constexpr std::size_t local_bytes = 30;
inline constexpr std::size_t locator_bytes = 20;
// Where the time of change is, in DOS's form: two bytes of time, two of date.
inline constexpr std::size_t central_time_at = 12;
inline constexpr std::size_t local_time_at = 10;

inline std::size_t field(std::string_view bytes, std::size_t at, std::size_t width) {
    std::size_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

struct end_record {
    std::size_t disk = 0;
    std::size_t entries = 0;
    std::size_t directory_bytes = 0;
    std::size_t directory_at = 0;
    std::size_t comment_bytes = 0;
};

/// The `end_bytes` from `at` on must be there.
inline end_record read_end(std::string_view bytes, std::size_t at) {
    return {field(bytes, at + 4, 2), field(bytes, at + 10, 2), field(bytes, at + 12, 4), field(bytes, at + 16, 4),
            field(bytes, at + 20, 2)};
}

struct central_entry {
    unsigned flags = 0;
    unsigned method = 0;
    std::size_t local_at = 0;
    std::string_view name;
    std::size_t bytes = 0;  // of this record
};

/// Nothing if there is no whole record at `at`.
inline std::optional<central_entry> read_central(std::string_view directory, std::size_t at) {
    if (at > directory.size() || directory.size() - at < central_bytes) return std::nullopt;
    if (!directory.substr(at).starts_with(central_signature)) return std::nullopt;
    const auto name_bytes = field(directory, at + 28, 2);
    const auto bytes = central_bytes + name_bytes + field(directory, at + 30, 2) + field(directory, at + 32, 2);
    if (directory.size() - at < bytes) return std::nullopt;
    return central_entry{static_cast<unsigned>(field(directory, at + 8, 2)),
                         static_cast<unsigned>(field(directory, at + 10, 2)), field(directory, at + 42, 4),
                         directory.substr(at + central_bytes, name_bytes), bytes};
}

struct local_header {
    bool is_one = false;
    unsigned flags = 0;
    unsigned method = 0;
    std::string_view name;  // what of it is there
};

/// The `local_bytes` from `at` on must be there.
inline local_header read_local(std::string_view bytes, std::size_t at) {
    return {bytes.substr(at).starts_with(local_signature), static_cast<unsigned>(field(bytes, at + 6, 2)),
            static_cast<unsigned>(field(bytes, at + 8, 2)), bytes.substr(at + local_bytes, field(bytes, at + 26, 2))};
}

}  // namespace carrel::archive::zip
