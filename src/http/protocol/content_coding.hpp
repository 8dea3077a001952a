#pragma once

#include <string_view>

namespace carrel::http {

enum class content_coding { identity, gzip, zstd, other };

/// What a `Content-Encoding` names. More than one coding is `other`.
content_coding content_coding_of(std::string_view value) noexcept;

/// Whether an `Accept-Encoding` lists gzip, or `*`, with a weight above 0.
bool accepts_gzip(std::string_view value) noexcept;

}  // namespace carrel::http
