#pragma once

#include "siem/resource.hpp"

namespace carrel::siem {

/// Where a page of a list ended: the last row's sort value (integer, text or null) and its id.
struct page_position {
    value sort;
    std::string id;
};

/// Opaque text for a position, bound to `binding` (the sort and the filters).
std::string encode_cursor(const page_position& position, std::string_view binding);
/// Nothing for what `encode_cursor` never made for this binding.
std::optional<page_position> decode_cursor(std::string_view text, std::string_view binding);

}  // namespace carrel::siem
