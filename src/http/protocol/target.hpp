#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::http {

/// A request target, cut but not decoded.
struct target_parts {
    std::string_view authority;  ///< Of the absolute form only.
    std::string_view path;       ///< `*` for the asterisk form.
    std::string_view query;
};

/// Origin, absolute (http) and asterisk form. Nothing for what no URI may be: controls, blanks, bytes beyond ASCII, a
/// fragment.
std::optional<target_parts> split_target(std::string_view target) noexcept;

/// Decodes %XX, and `+` as a blank if `plus_is_blank`. False for a broken escape or a result that is not UTF-8.
bool percent_decode(std::string_view text, bool plus_is_blank, std::string& out);

using query_list = std::vector<std::pair<std::string, std::string>>;

/// `a=1&b=2` in order; a name without `=` has an empty value. False for a bad encoding.
bool decode_query(std::string_view query, query_list& out);

}  // namespace carrel::http
