#pragma once

#include "base/sha256.hpp"
#include "base/time.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// Files in the database: rows of chunks, which are filled by short jobs of the writer and read a chunk at a time.
namespace carrel::siem {

inline constexpr std::size_t chunk_bytes = 256 * 1024;

enum class blob_state : std::int64_t { filling = 0, complete = 1, released = 2 };

struct blob_info {
    std::int64_t seq = 0;
    std::int64_t size = 0;
};

/// Adds bytes to a blob that is being filled; `into` 0 begins one. All but the last bytes of a blob must be whole chunks.
/// The blob's number, or 0 if it is not being filled any more.
result<std::int64_t> append_to_blob(write_session& session, std::int64_t into, std::string_view bytes, timestamp now);
/// From now on it can be read. False if it is not being filled any more.
result<bool> complete_blob(write_session& session, std::int64_t blob, const base::sha256::digest& sum);
/// Nobody will complete it. What is complete stays.
result<void> give_up_blob(write_session& session, std::int64_t blob);
/// Whether some are being filled.
result<bool> has_unfinished_blobs(read_session& session);
/// What an earlier process was filling: before anybody fills any.
result<void> give_up_blobs(write_session& session);
/// Nobody refers to it any more. Its chunks go later, a few at a time: see `remove_blobs`.
result<void> release_blob(write_session& session, std::int64_t blob);

/// Appends bytes from `offset` on: at most `most`, and no more than to the end of a chunk. None at the end. What is stored must be
/// whole: an error `corrupt` otherwise.
result<void> read_blob(read_session& session, const blob_info& of, std::int64_t offset, std::int64_t most,
                       std::string& into);
/// The SHA-256 of what is stored; ends early with an error when nobody waits for it.
result<base::sha256::digest> hash_blob(read_session& session, const blob_info& of);

/// What is filled for longer than this without a chunk is given up: its connection ended with the process.
inline constexpr timestamp filling_time_max = 15 * 60 * std::int64_t{1'000'000};
/// Whether there are chunks that nobody refers to.
result<bool> has_released_blobs(read_session& session, timestamp now);
/// Removes a few of them; how many rows that were.
result<std::int64_t> remove_blobs(write_session& session, timestamp now);

}  // namespace carrel::siem
