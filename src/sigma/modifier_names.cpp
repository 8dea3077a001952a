#include "sigma/modifiers.hpp"

#include <array>
#include <utility>

namespace carrel::sigma {

namespace {

// Of several names of one modifier the first is the specification's.
constexpr std::array<std::pair<std::string_view, modifier>, 34> names{{
    {"all", modifier::all},
    {"base64", modifier::base64},
    {"base64offset", modifier::base64offset},
    {"cased", modifier::cased},
    {"cidr", modifier::cidr},
    {"contains", modifier::contains},
    {"day", modifier::day},
    {"endswith", modifier::ends_with},
    {"exists", modifier::exists},
    {"expand", modifier::expand},
    {"fieldref", modifier::field_ref},
    {"gt", modifier::greater},
    {"gte", modifier::at_least},
    {"hour", modifier::hour},
    {"i", modifier::ignore_case},
    {"ignorecase", modifier::ignore_case},
    {"lt", modifier::less},
    {"lte", modifier::at_most},
    {"m", modifier::multi_line},
    {"multiline", modifier::multi_line},
    {"minute", modifier::minute},
    {"month", modifier::month},
    {"neq", modifier::negate},
    {"re", modifier::re},
    {"s", modifier::dot_all},
    {"dotall", modifier::dot_all},
    {"startswith", modifier::starts_with},
    {"utf16", modifier::utf16},
    {"utf16be", modifier::utf16be},
    {"utf16le", modifier::utf16le},
    {"wide", modifier::utf16le},
    {"week", modifier::week},
    {"windash", modifier::windash},
    {"year", modifier::year},
}};

}  // namespace

std::optional<modifier> modifier_named(std::string_view name) noexcept {
    for (const auto& [each, which] : names)
        if (each == name) return which;
    return std::nullopt;
}

std::string_view name_of(modifier which) noexcept {
    for (const auto& [name, each] : names)
        if (each == which) return name;
    return {};
}

}  // namespace carrel::sigma
