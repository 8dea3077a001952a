#pragma once

#include "sigma/detection.hpp"
#include "sigma/fault_log.hpp"
#include "sigma/regex_check.hpp"
#include "sigma/yaml.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carrel::sigma {

enum class modifier {
    all,
    base64,
    base64offset,
    cased,
    cidr,
    contains,
    day,
    dot_all,
    ends_with,
    exists,
    expand,
    field_ref,
    greater,
    at_least,
    hour,
    ignore_case,
    less,
    at_most,
    minute,
    month,
    multi_line,
    negate,
    re,
    starts_with,
    utf16,
    utf16be,
    utf16le,
    week,
    windash,
    year,
};
std::optional<modifier> modifier_named(std::string_view name) noexcept;
std::string_view name_of(modifier which) noexcept;

/// A modifier with its place in the document.
struct placed_modifier {
    modifier which = modifier::all;
    std::size_t offset = 0;
};

/// Makes values of what stands in a rule.
class value_maker {
public:
    value_maker(fault_log& log, std::span<const placed_modifier> chain)
        : log_(log),
          chain_(chain) {}

    /// The value that a node is with all modifiers applied; nothing if there is a fault.
    std::optional<value> make(const yaml_node& node, regex_check& expressions);

private:
    std::optional<value> initial(const yaml_node& node);
    std::optional<value> number(const yaml_node& node);
    bool apply(value& to, const yaml_node& node, placed_modifier by);
    bool refuse(std::size_t offset, std::string_view detail) {
        log_.add(offset, detail);
        return false;
    }

    fault_log& log_;
    std::span<const placed_modifier> chain_;
};

}  // namespace carrel::sigma
