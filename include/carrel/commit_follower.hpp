#pragma once

#include <carrel/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace carrel {

/// Follows the commits of a database through its write-ahead log, such as to archive them. `options::follower` names one.
///
/// The frames of a commit stay where they are in `<path>-wal` until a checkpoint has copied all of the log and a later commit
/// begins it anew. The writer therefore asks before each checkpoint; whoever needs longer to read says no, and the log grows.
///
/// Threads: `opened` is called by the thread that opens the database, before there is a writer; everything else by the
/// writer's thread, which waits meanwhile. Nothing may throw.
class commit_follower {
public:
    /// What the follower needs to know of a file that has been opened, recovered and migrated.
    struct opened_file {
        std::string path;
        std::size_t page_bytes = 0;
        std::uint64_t sequence = 0;                    ///< of the last commit, those in the log included
        std::uint32_t sequence_page = 0;               ///< the page whose only row holds that number
        std::array<unsigned char, 100> file_header{};  ///< how the database file itself begins, without its log
        std::int64_t log_time = 0;  ///< when the log was last written before, in µs since 1970; 0: no log
        /// Reads `bytes` of the database file itself, without its log, from `at` on; zeros beyond its end. While `opened` runs.
        std::function<result<std::string>(std::uint64_t at, std::size_t bytes)> read;
    };

    virtual ~commit_follower() = default;
    /// What is in the log by now was committed before, and can be read until this returns.
    virtual void opened(const opened_file& file) noexcept = 0;
    /// A commit returned. `frames` is how many frames the log holds, from its beginning. A commit of the writer's own, which marks
    /// the file, repeats the last sequence.
    virtual void committed(std::uint64_t sequence, std::uint32_t frames) noexcept = 0;
    /// Whether what was committed may leave the log. May wait for `time_max`.
    virtual bool allows_checkpoint(std::chrono::milliseconds time_max) noexcept = 0;
    /// A checkpoint that it allowed is done; the log has this many frames, which the next commit may begin to overwrite.
    virtual void checkpointed(std::uint64_t sequence, std::uint32_t frames) noexcept = 0;
};

}  // namespace carrel
