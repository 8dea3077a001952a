#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carrel::json {

/// The value of `object`'s first top-level member named `key`: a string decoded, anything else as its raw text.
/// Nothing if there is no such member or `object` is not an object.
///
/// `object` should be valid JSON; anything else gives some answer, never a read out of bounds. The view points into
/// `object` or, when the value had escapes, into `scratch`. Depends on nothing of ours: the engine links it as a
/// function of SQL.
std::optional<std::string_view> top_level_value(std::string_view object, std::string_view key, std::string& scratch);

/// Whether `array` holds the string `text`, exactly. `array` as above.
bool holds_string(std::string_view array, std::string_view text, std::string& scratch);

/// Appends the text that a JSON string stands for; `escaped` is what is between its quotes. A lone surrogate becomes
/// U+FFFD.
void append_decoded(std::string& out, std::string_view escaped);

}  // namespace carrel::json
