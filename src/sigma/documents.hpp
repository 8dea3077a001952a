#pragma once

#include "sigma/fault.hpp"
#include "sigma/limits.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace carrel::sigma {

/// One document of a text, byte for byte. A text without `---` is one document, whole.
struct document {
    std::string_view text;  // into the text that was given
    std::size_t offset = 0;
    std::size_t line = 1;  // at which it starts
};

/// The documents of a YAML text, without those that hold but blanks and comments. What stands in front of a `---` and is no
/// document (comments, directives) belongs to the next one. Only the text's encoding is checked.
std::variant<std::vector<document>, faults> parse_documents(std::string_view text, const document_limits& limits = {});

}  // namespace carrel::sigma
