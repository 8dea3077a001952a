#pragma once

#include "commit_archive/file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// zstd, of texts and of whole files. Errors also: std::bad_alloc.
namespace carrel::commits {

std::string pack(std::string_view text);
std::uint64_t packed_bytes_max(std::uint64_t bytes) noexcept;
/// Nothing if it is no zstd, or unpacks to another size.
std::optional<std::string> unpack(std::string_view packed, std::size_t bytes);

struct packed_file {
    std::uint64_t bytes = 0;
    std::string sha256;  ///< of what was packed
};

/// Packs one file into a new one, on stable storage when it returns. `stop` is looked at between two pieces; true ends it with
/// `errc::cancelled`.
result<packed_file> pack_file(const std::string& from, const std::string& to, const std::function<bool()>& stop);
/// Takes what comes next, with its position in the whole. An error ends what calls it with that error.
using byte_sink = std::function<result<void>(std::uint64_t at, std::string_view bytes)>;
/// The opposite of `pack_file`. Errors: those of `to`; `corrupt` with the path if it is not sound.
result<packed_file> unpack_file(const std::string& from, const byte_sink& to);

}  // namespace carrel::commits
