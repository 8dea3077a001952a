#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// SQLite's write-ahead log as https://www.sqlite.org/fileformat2.html#the_write_ahead_log lays it down.
namespace carrel::commits {

inline constexpr std::size_t wal_header_bytes = 32;
inline constexpr std::size_t frame_header_bytes = 24;
inline constexpr std::size_t first_page_header_bytes = 100;

/// The two running sums of frames, or of a header.
using wal_sum = std::array<std::uint32_t, 2>;

/// The header of a log, which is written anew whenever the log begins anew: what stands between is a *run*.
class wal_header {
public:
    /// Nothing if the bytes are no sound header.
    static std::optional<wal_header> parse(std::string_view bytes);

    std::string_view bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }
    std::string_view salts() const noexcept { return bytes().substr(16, 8); }
    std::size_t page_bytes() const noexcept { return page_bytes_; }
    std::size_t frame_bytes() const noexcept { return page_bytes_ + frame_header_bytes; }
    /// Goes on from `sum` over bytes whose number is a multiple of 8.
    void add(wal_sum& sum, std::string_view bytes) const noexcept;
    /// What the first frame goes on from.
    wal_sum sum() const noexcept { return sum_; }
    friend bool operator==(const wal_header& a, const wal_header& b) noexcept { return a.bytes_ == b.bytes_; }

private:
    std::array<char, wal_header_bytes> bytes_{};
    std::size_t page_bytes_ = 0;
    bool sums_big_endian_ = false;
    wal_sum sum_{};
};

/// One frame: a page as a transaction left it.
struct frame {
    std::uint32_t page = 0;
    std::uint32_t pages_after = 0;  ///< the size of the database, in the last frame of a commit; else 0
    std::string_view content;
};

/// The sums in a frame's header.
wal_sum sum_of(std::string_view frame_header) noexcept;

/// Looks at one frame, `run.frame_bytes()` long: its salts are the run's, and its sums go on from `sum`, which is moved on.
/// Nothing if one is wrong.
std::optional<frame> check_frame(const wal_header& run, wal_sum& sum, std::string_view bytes) noexcept;

/// The number in the only row of carrel's table of commits, whose page this is. Nothing if the page holds something else.
std::optional<std::uint64_t> sequence_in(std::string_view page) noexcept;

}  // namespace carrel::commits
