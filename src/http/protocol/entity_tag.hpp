#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace carrel::http {

/// What `If-Match` asks for. A tag that is weak or none of ours stands as version 0, which nothing has.
struct match_condition {
    bool any = false;
    std::vector<std::int64_t> versions;
};

/// Nothing for a malformed list.
std::optional<match_condition> parse_if_match(std::string_view value);

/// True if `If-None-Match` names this version (weakly) or is `*`. A malformed list names nothing.
bool names_version(std::string_view if_none_match, std::int64_t version);

}  // namespace carrel::http
