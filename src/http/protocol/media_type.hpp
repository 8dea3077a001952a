#pragma once

#include <string_view>

namespace carrel::http {

enum class media_type { json, merge_patch, ndjson, other };

/// What a `Content-Type` names. A charset other than UTF-8 makes it `other`; other parameters
/// mean nothing here.
media_type media_type_of(std::string_view content_type) noexcept;

}  // namespace carrel::http
