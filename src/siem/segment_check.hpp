#pragma once

#include "segments/segment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// The id by which `from_id` and `to_id` of a stored segment are ordered: sixteen bytes. Of fewer, the rest is zero.
uuid id_of_key(std::string_view bytes) noexcept;

/// What is wrong with a segment as it is stored: each part that is damaged, and what does not fit what is said of it.
/// Nothing for a sound one. Every event is read.
std::vector<std::string> damages_of(const segments::segment& stored);

}  // namespace carrel::siem
