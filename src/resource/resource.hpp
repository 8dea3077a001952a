#pragma once

#include "json/pieces.hpp"
#include "resource/field.hpp"
#include "resource/operation.hpp"

#include <string>
#include <string_view>
#include <vector>

// One aggregate as data. What is the same for all of them (create, get, patch, delete, list, count) is done by the
// functions below from this description; an aggregate's own file adds its hooks and the operations only it has.
namespace carrel::siem {

struct text_index;

/// How a query parameter narrows a list. Given more than once, any of the values will do.
enum class filter_kind {
    text,         // equals
    enumeration,  // equals, by name
    boolean,      // true or false
    list_item,    // a text_list holds it
    time_from,    // at or after
    time_to,      // before
    words,        // a query of the words of the index and of fields: row_query.hpp
    // These two the aggregate reads itself:
    query,   // a query of its own
    member,  // `<name>.<key>`: a top-level member of an object equals
};

struct filter {
    std::string_view name;
    filter_kind kind = filter_kind::text;
    std::string_view column = {};                   // none for a query
    std::span<const std::string_view> values = {};  // of an enumeration
    std::string_view summary = {};
};

/// One row, its values in the order of `resource_spec::fields`.
struct record {
    std::vector<value> values;
    std::int64_t row = 0;  // `seq`

    const std::string* text(std::size_t field) const noexcept { return std::get_if<std::string>(&values[field]); }
    std::int64_t integer(std::size_t field) const noexcept {
        const auto* number = std::get_if<std::int64_t>(&values[field]);
        return number == nullptr ? 0 : *number;
    }
};

/// What an aggregate adds to the generic operations. All run inside the job's transaction; an error undoes the job.
struct resource_hooks {
    /// Before a checked record is inserted. True if the reply is made already and nothing is to be inserted.
    result<bool> (*before_insert)(const resource&, write_session&, const call&, record&, reply&) = nullptr;
    result<void> (*after_insert)(const resource&, write_session&, const call&, const record&) = nullptr;
    result<void> (*after_update)(const resource&, write_session&, const call&, const record& before,
                                 const record& after, std::string_view note) = nullptr;
    result<void> (*before_delete)(const resource&, write_session&, const record&) = nullptr;
};

/// The table is named as `plural` and has, before the fields' columns, `seq INTEGER PRIMARY KEY`.
struct resource_spec {
    std::string_view name;      // of the schema and in messages: alert
    std::string_view plural;    // in paths and of the table: alerts
    std::vector<field> fields;  // in the order of JSON; `id` is one of them
    std::vector<filter> filters;
    std::vector<std::string_view> sorts;  // fields; the first, descending, is the default
    const text_index* index = nullptr;    // of the `words` filter
    resource_hooks hooks = {};
};

/// An aggregate with the SQL made from its description, once. Immutable.
struct resource : resource_spec {
    static constexpr std::size_t absent = static_cast<std::size_t>(-1);

    explicit resource(resource_spec description);

    /// The place of a field; `absent` if there is none.
    std::size_t position(std::string_view field_name) const noexcept;
    bool has_versions() const noexcept { return version != absent; }
    /// `/api/v1/alerts/<id>`
    std::string location(std::string_view id_text) const;

    std::size_t id = absent, version = absent, updated_at = absent;
    std::string columns;                     // a,b,c
    std::vector<std::size_t> changing;       // the fields that an update writes
    std::vector<json::short_text> openings;  // what precedes each value in JSON: `{"id":`, `,"version":`
    std::string select_json, select_json_at, select_record, insert, update, remove;
};

// -- checks, on the caller's thread: see operation::check ---
/// Path and query only; every parameter must be one of the operation's.
std::optional<problem> check_address(const operation& what, call& request);
/// As `check_address`; also has the row's hint fetched from memory while the request waits for its turn.
std::optional<problem> check_get(const operation& what, call& request);
std::optional<problem> check_create(const operation& what, call& request);
std::optional<problem> check_patch(const operation& what, call& request);

// -- work, on an actor ---
result<void> create(const operation& what, write_session& session, const call& request, reply& into);
result<void> get(const operation& what, read_session& session, const call& request, reply& into);
result<void> patch(const operation& what, write_session& session, const call& request, reply& into);
result<void> remove(const operation& what, write_session& session, const call& request, reply& into);

// -- parts of them, for an aggregate's own operations ---
/// The record that the call's path names, if its version is what the caller asks for.
result<record> load(const resource& of, write_session& session, const call& request, reply& into);
/// Writes what changed between both, grows the version, runs the hook and makes the reply. Nothing is written, and the
/// version stays, if nothing changed.
result<void> save(const resource& of, write_session& session, const call& request, const record& before, record after,
                  std::string_view note, reply& into);
/// A body's members checked against `rules`; `values` gets those that were given, nothing for the others.
std::vector<fault> read_members(std::span<const field> rules, const boost::json::value* body,
                                std::vector<std::optional<value>>& values);

/// Appends the JSON of a row whose columns from `first` on are the fields in order, or of a record.
void append_row(const resource& of, const statement& row, int first, std::string& out);
void append_record(const resource& of, const record& row, std::string& out);

operation get_operation(const resource& of);
operation list_operation(const resource& of);
operation count_operation(const resource& of);
/// The operations that all resources with versions have: those above, create, patch and delete.
std::vector<operation> common_operations(const resource& of);
/// What documents a body made of fields, and the parameters of a list. Valid for the life of the program.
std::vector<field_doc> document(std::span<const field> fields, bool for_patch);
std::string schema_of(const resource& of);

}  // namespace carrel::siem
