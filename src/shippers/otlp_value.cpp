#include "shippers/otlp_value.hpp"

#include "json/walk.hpp"

#include <charconv>
#include <cstdint>

namespace carrel::shippers {

namespace {

std::string_view unquoted(std::string_view value) noexcept {
    return json::is_string(value) ? value.substr(1, value.size() - 2) : value;
}

template <class Integer>
bool is_whole(std::string_view digits) noexcept {
    Integer number{};
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

bool write_integer(json::writer& out, std::string_view value) {
    std::int64_t number = 0;
    const std::string_view digits = unquoted(value);
    if (!is_whole<std::int64_t>(digits)) return false;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    out.integer(number);
    return true;
}

bool write_array(json::writer& out, std::string_view array_value) {
    const auto values = json::member_of(array_value, "values");
    out.begin_array();
    for (json::walk each(values.value_or("[]")); each.next();)
        if (each.is_object() || !write_any_value(out, each.value())) return false;
    out.end_array();
    return true;
}

}  // namespace

// The depth is that of the text, which was checked.
bool write_any_value(json::writer& out, std::string_view any_value) {
    json::walk members(any_value);
    if (!members.is_object()) return false;
    if (!members.next()) {
        out.null();  // a value that is not set
        return true;
    }
    const std::string_view kind = members.key(), value = members.value();
    if (kind == "intValue") return write_integer(out, value);
    if (kind == "arrayValue") return write_array(out, value);
    if (kind == "kvlistValue") return write_key_values(out, json::member_of(value, "values").value_or("[]"));
    const bool is_fit = (kind == "stringValue" || kind == "bytesValue") ? json::is_string(value)
                        : kind == "boolValue"                           ? value == "true" || value == "false"
                        : kind == "doubleValue" ? json::is_number(value) || json::is_string(value)
                                                : false;
    if (is_fit) out.raw(value);
    return is_fit;
}

bool write_key_values(json::writer& out, std::string_view key_values) {
    if (!key_values.starts_with('[')) return false;
    out.begin_object();
    for (json::walk pairs(key_values); pairs.next();) {
        const auto key = json::member_of(pairs.value(), "key");
        if (!key || !json::is_string(*key)) return false;
        out.key(json::text_of(*key));
        if (!write_any_value(out, json::member_of(pairs.value(), "value").value_or("{}"))) return false;
    }
    out.end_object();
    return true;
}

bool is_unsigned(std::string_view value, std::string_view& digits) noexcept {
    digits = unquoted(value);
    return is_whole<std::uint64_t>(digits);
}

}  // namespace carrel::shippers
