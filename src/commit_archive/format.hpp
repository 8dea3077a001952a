#pragma once

#include "base/sha256.hpp"
#include "commit_archive/wal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A file of the archive: a header, and blocks of whole commits. Numbers have their lowest byte first.
//
//     header   "CARRELWA", u32 version = 1, u32 generation, u32 serial, u32 page size, u64 sequence and i64 time of the last
//              commit before, its first_page, the digest of the last block before, SHA-256 of all that
//     block    "CWALBLK1", u32 commits, u32 frames, u32 frames of the run before it, u32 bytes of the file before it that were
//              not synced when it was written (at most 2^32 - 1), u64 packed bytes, the header of the run (32), the sums before and after (4 u32), first_page (100), the first four bytes of
//              the SHA-256 of all that; then for each commit
//                  u64 sequence, i64 time, u32 frames of the run with it, u32 pages of the database, u32 flags
//              then the frames as one zstd frame, then the digest: SHA-256 of the digest before and of all that
//
// So a block that is missing, altered or in another's place breaks the chain of digests. Times are in µs since 1970.
// `first_page` is how the database's first page began after the block's last commit; zeros: not known.
namespace carrel::commits {

using page_header = std::array<char, first_page_header_bytes>;
using digest = base::sha256::digest;

/// One commit. Those of carrel's own, which mark the file as open, have the sequence of the one before.
struct commit {
    static constexpr std::uint32_t time_is_estimated = 1;
    std::uint64_t sequence = 0;
    std::int64_t time = 0;
    std::uint32_t frames = 0;  ///< of the run, with it
    std::uint32_t pages = 0;   ///< of the database, after it
    std::uint32_t flags = 0;
};

/// How a block begins.
inline constexpr std::string_view block_magic = "CWALBLK1";
inline constexpr std::size_t file_header_bytes = 8 + 4 * 4 + 8 + 8 + first_page_header_bytes + 32 + 32;
inline constexpr std::size_t block_head_bytes = 8 + 4 * 4 + 8 + wal_header_bytes + 4 * 4 + first_page_header_bytes + 4;
inline constexpr std::size_t commit_bytes = 8 + 8 + 3 * 4;
inline constexpr std::size_t digest_bytes = 32;
/// What a block may unpack to; a larger commit cannot be archived.
inline constexpr std::uint64_t block_frame_bytes_max = std::uint64_t{1} << 30;

struct file_header {
    std::uint32_t generation = 0, serial = 0, page_bytes = 0;
    std::uint64_t sequence = 0;
    std::int64_t time = 0;
    page_header first_page{};
    digest before{};
};

std::string written(const file_header& header);
/// Nothing if the bytes are no sound header of this version.
std::optional<file_header> parse_file_header(std::string_view bytes);

/// What is known of a block without unpacking it.
struct block_head {
    wal_header run;
    std::uint32_t first_frame = 0, frames = 0, commits = 0;
    std::uint32_t unsynced_bytes = 0;  ///< of the file before it, when it was written
    std::uint64_t packed_bytes = 0;
    wal_sum before{}, after{};
    page_header first_page{};

    std::uint64_t frame_bytes() const noexcept { return std::uint64_t{frames} * run.frame_bytes(); }
    std::uint64_t rest_bytes() const noexcept {
        return std::uint64_t{commits} * commit_bytes + packed_bytes + digest_bytes;
    }
};

/// Nothing if the bytes are no sound header.
std::optional<block_head> parse_block_head(std::string_view bytes);

/// A block to be written. Fills in what follows from the frames and the commits, but for the sums and the first page.
std::string written(block_head head, const std::vector<commit>& commits, std::string_view frames, digest& chain);

struct block {
    block_head head;
    std::vector<commit> commits;
    std::string packed;
};

/// The rest of a block whose header is known, and moves `chain` on. Nothing, with `chain` as it was, if the digest is another.
std::optional<block> parse_block(const block_head& head, std::string_view head_bytes, std::string_view rest,
                                 digest& chain);

/// A block's list of commits.
std::vector<commit> commits_from(std::string_view list);

/// The frames of a block. Nothing if they cannot be unpacked to their size.
std::optional<std::string> frames_of(const block& from);

/// Looks at each frame of a block: page numbers, salts, sums, where commits end, the sequences that the pages themselves hold.
/// `visit` gets each frame with its number in the run. What is wrong, or empty.
template <class Visit>
std::string check_frames(const block& from, std::string_view frames, Visit visit) {
    auto sum = from.head.before;
    const auto size = from.head.run.frame_bytes();
    std::size_t next_commit = 0;
    for (std::uint32_t i = 0; i < from.head.frames; ++i) {
        const auto number = from.head.first_frame + i + 1;
        const auto found = check_frame(from.head.run, sum, frames.substr(i * size, size));
        if (!found) return "frame " + std::to_string(number) + " has a wrong checksum";
        if (found->pages_after != 0) {
            const bool is_named = next_commit < from.commits.size() && from.commits[next_commit].frames == number &&
                                  from.commits[next_commit].pages == found->pages_after;
            if (!is_named) return "frame " + std::to_string(number) + " ends a commit that is not in the list";
            ++next_commit;
        }
        visit(*found, number);
    }
    if (next_commit != from.commits.size()) return "a commit of the list has no frames";
    return sum == from.head.after ? std::string() : "the sums at the end differ";
}

}  // namespace carrel::commits
