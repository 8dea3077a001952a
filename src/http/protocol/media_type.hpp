#pragma once

#include "resource/operation.hpp"

#include <string_view>

namespace carrel::http {

enum class media_type { json, merge_patch, ndjson, other };

/// What a `Content-Type` names. A charset other than UTF-8 makes it `other`; other parameters
/// mean nothing here.
media_type media_type_of(std::string_view content_type) noexcept;

/// What an `Accept` prefers for a reply of many rows; JSON if it names none of them.
siem::reply_format preferred_format(std::string_view accept) noexcept;

}  // namespace carrel::http
