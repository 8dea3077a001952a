#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel::sigma {

/// A text with wildcards, its escapes resolved: `*` is any run of characters, `?` one character. Literals are not empty
/// and do not follow each other. Compared without case unless `cased`, and with the whole value.
struct text_pattern {
    enum class parts { literal, any_run, any_one };
    struct part {
        parts kind = parts::literal;
        std::string literal = {};
        bool operator==(const part&) const = default;
    };
    std::vector<part> sequence;
    bool cased = false;

    /// Reads the escapes of a rule's text: `\*`, `\?` and `\\` before one of the three are the character itself, any
    /// other backslash is one.
    static text_pattern of(std::string_view text);
    bool has_wildcards() const noexcept;
    /// The text of a pattern without wildcards.
    std::string plain() const;
    void append(part next);
    bool operator==(const text_pattern&) const = default;
};

/// Found anywhere in a value; case matters unless `ignore_case`.
struct regular_expression {
    std::string pattern;
    bool ignore_case = false, multi_line = false, dot_all = false;
    bool operator==(const regular_expression&) const = default;
};

/// A network. An IPv4 address stands in the first four bytes; the bits behind the prefix are 0.
struct network {
    std::array<std::uint8_t, 16> address{};
    std::uint8_t prefix = 0;
    bool is_v6 = false;
    std::string text;
    bool operator==(const network&) const = default;
};

/// The value of another field of the same event.
struct field_reference {
    std::string field;
    bool starts_with = false, ends_with = false;  // both: contains
    bool operator==(const field_reference&) const = default;
};

enum class relation { equal, not_equal, less, at_most, greater, at_least };
using number = std::variant<std::int64_t, double>;
struct number_test {
    relation is = relation::equal;
    number than;
    bool operator==(const number_test&) const = default;
};

struct existence {
    bool wanted = true;
    bool operator==(const existence&) const = default;
};

enum class time_unit { minute, hour, day, week, month, year };
struct time_part {
    time_unit unit = time_unit::minute;
    std::int64_t equals = 0;
    bool operator==(const time_part&) const = default;
};

struct null_value {
    bool operator==(const null_value&) const = default;
};

struct value;
/// What one value of the rule became; one of them has to match.
struct alternatives {
    std::vector<value> of;
    bool operator==(const alternatives&) const;
};

struct value {
    std::variant<text_pattern, std::int64_t, double, bool, null_value, regular_expression, network, field_reference,
                 number_test, existence, time_part, alternatives>
        is;
    bool operator==(const value&) const = default;
};
inline bool alternatives::operator==(const alternatives& other) const { return of == other.of; }

/// What a value takes in memory, roughly.
std::size_t bytes_of(const value& of) noexcept;

}  // namespace carrel::sigma
