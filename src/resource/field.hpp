#pragma once

#include "resource/operation.hpp"

#include <carrel/value.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// What a member of a resource is, in JSON and in its column.
enum class field_kind {
    text,         // TEXT
    integer,      // INTEGER
    real,         // REAL
    boolean,      // INTEGER 0 or 1
    enumeration,  // INTEGER, the place in `field::values`: sorts by rank, not by letters
    text_list,    // TEXT, a JSON array that is appended as it is; never NULL
    time,         // INTEGER, microseconds
    object,       // TEXT, a JSON object that is appended as it is
    json,         // TEXT, any JSON that a client gave; `max` counts its bytes
};

/// Who gives a member its value at creation.
enum class origin {
    client,    // the body, else `initial`, else null
    fresh_id,  // the body, else a new id
    now,       // the time of creation
    server,    // `initial`, else null; later the server's business
    creator,   // who made the request that created it
    changer,   // who changed it last
};

/// Who gets to see a member.
enum class visibility {
    shown,       // it is in every reply
    write_only,  // a client gives it and never gets it back
    hidden,      // it is a column of the server's own
};

struct resource;

/// Another resource whose id a member holds; each item of a list does. What is not there is refused.
struct reference {
    const resource& (*to)() = nullptr;
    std::string_view row = {};  // a hidden field that keeps the number of the row, the foreign key
};

/// One member of a resource: name, column and rules. Everything about it is said here and nowhere else.
struct field {
    std::string_view name;  // in JSON and, unless `column` says otherwise, of the column
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
    std::string_view inside = {};      // the object of JSON that holds it; those of one object stand together
    std::string_view column = {};      // `<inside>_<name>` of what is inside an object
    std::string_view expression = {};  // computed by SQL when it is read: there is no column
    visibility seen = visibility::shown;
    reference refers = {};
    std::optional<permission> needs = {};  // what is needed to give it, beyond what all members need
    std::string_view items = {};  // of a list: a table of (item, row) that holds its items for filters and references

    /// `logsource.category`; for most the name.
    std::string path() const;
    std::string column_name() const;
    bool is_stored() const noexcept { return expression.empty(); }
};

/// Checks the field's value in a request's body and takes it over; what is wrong with it otherwise.
std::optional<fault> read_field(const field& rules, const boost::json::value& given, value& into);

/// The fields of an aggregate behind those that all with versions have: `id`, `version`, `created_at`, `updated_at`.
std::vector<field> versioned_fields(std::vector<field> own);

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
