#pragma once

#include "resource/operation.hpp"
#include "siem/blobs.hpp"

#include <string>
#include <string_view>

namespace carrel::siem {

/// A file of a blob, and what the response says of it.
struct stored_file {
    blob_info blob;
    std::string_view media_type;  // lives as long as the program
    std::string file_name;
    std::int64_t version = 0;  // what `If-Range` compares with
};

/// Answers with a file, or with the part of it that `call::range` asks for, in pieces of a chunk: `reply::rest` reads the next.
/// Several parts at once are not given: then the whole is, as RFC 9110 14.2 allows.
result<void> send_file(read_session& session, const call& request, stored_file of, reply& into);
/// Whether the call is for a piece that `send_file` has begun, and that piece.
bool is_next_piece(const call& request) noexcept;
result<void> send_next_piece(read_session& session, const call& request, reply& into);

/// What part of a file of `size` bytes `Range` asks for. Without a value: nothing that can be understood, the whole is sent.
struct byte_range {
    std::int64_t begin = 0, end = 0;  // `end` is behind the last byte; none at all: not satisfiable
};
std::optional<byte_range> read_range(std::string_view text, std::int64_t size) noexcept;

}  // namespace carrel::siem
