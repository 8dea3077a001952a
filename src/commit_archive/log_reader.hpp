#pragma once

#include "commit_archive/file.hpp"
#include "commit_archive/position.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace carrel::commits {

/// What the writer said of a commit.
struct commit_note {
    std::uint64_t sequence = 0;
    std::int64_t time = 0;
    std::uint32_t frames = 0;
};

/// Some whole commits, read from the log.
struct gathered {
    std::vector<commit> commits;
    std::string frames;
    position after;
};

struct gather_limits {
    std::uint32_t until =
        std::numeric_limits<std::uint32_t>::max();  ///< frames of the run; without: as far as it is sound
    std::size_t bytes = 4u << 20;                   ///< about that many at a time
    std::uint32_t sequence_page = 0;
    bool checks_sequences = true;
    std::int64_t estimated_time = 0;  ///< of commits that have no note

    bool is_bounded() const noexcept { return until != std::numeric_limits<std::uint32_t>::max(); }
};

/// Reads the write-ahead log of a database. Only frames of commits that are over are stable.
class log_reader {
public:
    static result<log_reader> open(const std::string& database_path);

    /// The header; nothing if the log is empty.
    result<std::optional<wal_header>> header() const;
    /// The sums in the header of a frame, by its number from 1; nothing if there is none of that run.
    result<std::optional<wal_sum>> sum_at(const wal_header& run, std::uint32_t frame) const;
    /// Whether all of a run up to a position is there and leads to its sums, as whoever recovers the log will find it.
    result<bool> holds(const position& at) const;
    /// The next commits after `from`, whose run is the log's. `notes` are those of the commits, in order. Nothing if there are no
    /// more. Errors: the system's; `corrupt` if what was committed is not there, or does not follow.
    result<gathered> gather(const position& from, const gather_limits& limits,
                            const std::vector<commit_note>& notes) const;

private:
    explicit log_reader(file log)
        : log_(std::move(log)) {}
    file log_;
};

}  // namespace carrel::commits
