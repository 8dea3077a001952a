#pragma once

#include "json/walk.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::indicators {

/// Values of valid JSON as they stand in the text; what is absent or null is empty.

/// By a path with dots; a name with dots goes before.
std::string_view value_at(std::string_view object, std::string_view path);
/// Of a string its text, of a number or a boolean how it is written, of anything else nothing.
std::string scalar_text(std::string_view value);
inline std::string text_at(std::string_view object, std::string_view path) {
    return scalar_text(value_at(object, path));
}
/// The text of a scalar, or of each scalar in a list; of objects in a list the member `name`.
std::vector<std::string> texts_of(std::string_view value, std::string_view name = {});

}  // namespace carrel::indicators
