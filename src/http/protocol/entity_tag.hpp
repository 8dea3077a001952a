#pragma once

#include "resource/preconditions.hpp"

#include <optional>
#include <string_view>

namespace carrel::http {

/// The list of `If-Match`, compared strongly: a weak tag stands as version 0. Nothing for a malformed list.
std::optional<siem::version_list> parse_if_match(std::string_view value);

/// The list of `If-None-Match`, compared weakly. Nothing for a malformed list.
std::optional<siem::version_list> parse_if_none_match(std::string_view value);

}  // namespace carrel::http
