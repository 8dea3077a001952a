#pragma once

#include <string_view>

namespace carrel::http {

enum class media_type { json, merge_patch, ndjson, other };

/// What a `Content-Type` names. A parameter other than `charset=utf-8` makes it `other`.
media_type media_type_of(std::string_view content_type) noexcept;

}  // namespace carrel::http
