#pragma once

#include "indicators/kinds.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::indicators {

/// One value that a pattern of STIX looks for.
struct pattern_value {
    std::optional<kind> of;  // nothing where the pattern allows several
    std::string value;
};

/// The values any one of which is enough for the pattern to match. Nothing, with `why` set, if the pattern says more than
/// a list of values can.
std::vector<pattern_value> read_pattern(std::string_view pattern, std::string& why);

/// The kind of an object's property, such as `ipv4-addr:value`; `is_known` tells whether it is one of an indicator.
std::optional<kind> kind_of_property(std::string_view path, bool& is_known) noexcept;
/// Whether `name` is an algorithm of digests that are indicators here: `MD5`, `SHA-1`, `SHA256` …
bool is_digest_name(std::string_view name) noexcept;

}  // namespace carrel::indicators
