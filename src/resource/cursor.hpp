#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Where a page of a list ended: the last row's sort value (integer, text or null) and its id.
struct page_position {
    value sort;
    std::string id;
};

/// Opaque text for a position, bound to `binding` (the sort and the filters) by a mark under the key of the process: it
/// holds until the program ends.
std::string encode_cursor(const page_position& position, std::string_view binding);
/// Nothing for a text that `encode_cursor` did not make for this binding: another list's, one cut short, one changed.
std::optional<page_position> decode_cursor(std::string_view text, std::string_view binding);

}  // namespace carrel::siem
