#include "query/tokens.hpp"

namespace carrel::query {

std::optional<std::uint64_t> member_token(std::string_view key, std::string_view value) {
    if (key.size() > path_max) return std::nullopt;
    const std::uint64_t of_key = key_token(key);
    // The text of an object or array is no token; a string that looks like one is, but its key will do for both.
    if (value.starts_with('{') || value.starts_with('[')) return of_key;
    return value_token(of_key, value);
}

}  // namespace carrel::query
