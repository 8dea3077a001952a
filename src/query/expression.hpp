#pragma once

#include "query/columns.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel::query {

/// A word to look for, folded.
struct word {
    std::string text;
    bool prefix = false;  // `pre*`
    bool inside = false;  // found inside words: its script writes them without blanks
};

enum class test_kind {
    words,    // the words follow each other in one value
    exists,   // the field has a value that is not null
    equals,   // the value's text is `value`, byte for byte
    compare,  // the value is a number, or a time, that compares so with `value`, or `time`
};
enum class comparison { less, at_most, at_least, greater };

/// One test of an event.
struct term {
    test_kind test = test_kind::words;
    column of = column::none;
    std::string path = {};  // into `fields`, or the name of a record's field, if `of` is none; empty for all values
    std::vector<word> words = {};
    std::string value = {};
    comparison compared = comparison::less;
    bool is_time = false;   // of the field: `time` is compared
    std::int64_t time = 0;  // microseconds since 1970

    bool is_anywhere() const noexcept { return of == column::none && path.empty(); }
};

enum class node_kind { all_of, one_of, none_of, term };

/// What a query asks for. `none_of` has one part; a `term` has none.
struct expression {
    node_kind kind = node_kind::all_of;
    std::vector<expression> parts;
    term leaf;
};

/// Why a text is no query. The position counts characters from 1.
struct syntax_error {
    std::size_t position = 1;
    std::string reason;
};

/// What queries of records may name. `time` is compared with times, `name` is one of a few and not compared at all.
enum class record_kind { text, number, name, time };
struct record_field {
    std::string_view name;
    record_kind kind = record_kind::text;
};
struct record_fields {
    std::string_view records;  // in messages: `alerts`
    std::span<const record_field> all;
};

/// Reads a query: see docs/query.md for its grammar. Of events, unless it is one of records; views are not kept.
std::variant<expression, syntax_error> parse(std::string_view text, const record_fields* of = nullptr);

/// How an expression looks as a query with every group in parentheses; for logs and tests.
std::string describe(const expression& of);

}  // namespace carrel::query
