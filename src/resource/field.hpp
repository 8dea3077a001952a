#pragma once

#include "resource/operation.hpp"

#include <carrel/value.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carrel::siem {

/// What a member of a resource is, in JSON and in its column.
enum class field_kind {
    text,         // TEXT
    integer,      // INTEGER
    boolean,      // INTEGER 0 or 1
    enumeration,  // INTEGER, the place in `field::values`: sorts by rank, not by letters
    text_list,    // TEXT, a JSON array that is appended as it is; never NULL
    time,         // INTEGER, microseconds
    object,       // TEXT, a JSON object that is appended as it is
};

/// Who gives a member its value at creation.
enum class origin {
    client,    // the body, else `initial`, else null
    fresh_id,  // the body, else a new id
    now,       // the time of creation
    server,    // `initial`, else null; later the server's business
};

/// One member of a resource: name, column and rules. Everything about it is said here and nowhere else.
struct field {
    std::string_view name;  // in JSON and of the column
    field_kind kind = field_kind::text;
    origin from = origin::client;
    bool required = false;
    bool patchable = false;
    bool changes = false;                           // by the aggregate's own rules, though no patch can do it
    std::int64_t min = 0;                           // characters of a text, items of a list, an integer itself
    std::int64_t max = 0;                           // as `min`
    std::int64_t item_max = 0;                      // characters of a list's item
    std::span<const std::string_view> values = {};  // of an enumeration, ascending
    std::optional<std::int64_t> initial = {};
    std::string_view summary = {};
};

/// Checks the field's value in a request's body and takes it over; what is wrong with it otherwise.
std::optional<fault> read_field(const field& rules, const boost::json::value& given, value& into);

/// What a field is when no one gave it a value.
value initial_value(const field& rules);

/// Whether the member can be null, in JSON and in its column.
bool may_be_null(const field& rules) noexcept;

/// The place of `name` in an enumeration's values.
std::optional<std::int64_t> index_of(std::span<const std::string_view> values, std::string_view name) noexcept;

/// `critical, high, medium`, for messages.
std::string list_of(std::span<const std::string_view> values);

/// A JSON Schema fragment that states the rules.
std::string schema_of(const field& rules);

}  // namespace carrel::siem
