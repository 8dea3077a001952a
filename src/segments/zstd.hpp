#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::segments {

/// Appends `text` to `out` as one zstd frame with a checksum; its size there. `level` is zstd's. The thread's context is kept between calls.
/// Errors: std::bad_alloc.
std::size_t compress(std::string_view text, std::string& out, int level);

/// The text of a frame that holds `size` bytes; nothing if it does not, or is damaged. Errors: std::bad_alloc.
std::optional<std::string> decompress(std::string_view frame, std::size_t size);

}  // namespace carrel::segments
