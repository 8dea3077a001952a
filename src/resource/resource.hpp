#pragma once

#include "base/uuid.hpp"
#include "json/pieces.hpp"
#include "resource/field.hpp"
#include "resource/operation.hpp"
#include "resource/text_index.hpp"

#include <string>
#include <string_view>
#include <vector>

// One aggregate as data. What is the same for all of them is done from this description by the functions of this folder; an
// aggregate's own file adds its hooks and the operations only it has.
namespace carrel::siem {

/// How a query parameter narrows a list. Given more than once, any of the values will do.
enum class filter_kind {
    text,         // equals
    enumeration,  // equals, by name
    boolean,      // true or false
    list_item,    // a text_list holds it
    time_from,    // at or after
    time_to,      // before
    number_from,  // at least
    words,        // a query of the words of the index and of fields: row_query.hpp
    item,         // the table `column` has it as an item of the row: see `field::items`
    among,        // in what a select finds: `column` is all of the condition up to the list of values
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
    /// Many rows have the same value, so sorting what the filter finds costs more than a walk in the list's order. The column
    /// is one of the facets, which know how many rows there are.
    bool few = false;
    /// Some values have few rows and others most of them, and an index of the column has the rows of each in the order of the
    /// first sort. Of several such filters the one with the fewest rows leads, and the others test what it finds.
    bool leads = false;
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
    bool has(std::size_t field) const noexcept { return !std::holds_alternative<std::monostate>(values[field]); }
};

/// What a body gives, in the order of the fields; nothing for what it leaves out.
using given_members = std::vector<std::optional<value>>;

/// What an aggregate adds to the generic operations. Those that get a session run inside the job's transaction; an error
/// undoes the job.
struct resource_hooks {
    /// On the caller's thread: derives members from those given, and reports what is wrong with them together. May fill in
    /// members that a client cannot give.
    void (*derive)(const resource&, const call&, given_members& given, bool is_new, std::vector<fault>&) = nullptr;
    /// What is wrong with a whole record; `before` is null for a new one. Of a new one on the caller's thread.
    void (*check)(const resource&, const call&, const record* before, record& after, std::vector<fault>&) = nullptr;
    /// Before a checked record is inserted. True if the reply is made already and nothing is to be inserted.
    result<bool> (*before_insert)(const resource&, write_session&, const call&, record&, reply&) = nullptr;
    result<void> (*after_insert)(const resource&, write_session&, const call&, const record&) = nullptr;
    /// Before a change is written; may refuse it.
    result<void> (*before_update)(const resource&, write_session&, const call&, const record& before, record& after,
                                  reply&) = nullptr;
    result<void> (*after_update)(const resource&, write_session&, const call&, const record& before,
                                 const record& after, std::string_view note) = nullptr;
    result<void> (*before_delete)(const resource&, write_session&, const record&, reply&) = nullptr;
    /// Rows have come into the text index.
    result<void> (*indexed)(const resource&, write_session&, row_range) = nullptr;
};

/// What a unique index says no to.
struct unique_rule {
    std::string_view columns;  // as SQLite names them: `iocs.type, iocs.normalized`
    std::string_view field;
    std::string_view detail = "is taken";
};

/// A state may follow another. Both are places in the names of the machine's field.
struct edge {
    std::int64_t from, to;
};

/// States of a field that change by an operation of their own, POST /{id}/<path>.
struct state_machine {
    std::string_view field;  // an enumeration
    std::string_view path;
    std::string_view to, note;  // members of the body: the state that is wanted, and why
    std::span<const edge> edges;
    access::requirement needs = {};      // who may, if it is not who may write
    std::vector<siem::field> more = {};  // members of the body that are fields of the resource
    bool has_trail = false;              // GET /{id}/<path> lists the changes
    /// What else a change means for the record, on the writer; reports what is wrong with it.
    void (*enter)(const resource&, const call&, const record& before, record& after, std::string_view note,
                  std::vector<fault>&) = nullptr;
};

/// A resource whose rows belong to a row of another: its paths begin with /<parents>/{id}/.
struct ownership {
    const resource& (*by)() = nullptr;
    std::string_view field = {};  // holds the parent's id
};

/// The table has, before the fields' columns, `seq INTEGER PRIMARY KEY`.
struct resource_spec {
    std::string_view name;        // of the schema and in messages: alert
    std::string_view plural;      // in paths: alerts, mitre/data-sources
    std::string_view table = {};  // if it is not named as `plural`
    std::string_view key = "id";  // the field that a path names a row by
    bool (*is_key)(std::string_view) noexcept = is_valid_id;
    std::string_view key_rule = "must be 1 to 128 of A-Z, a-z, 0-9, _ and -";
    ownership parent = {};
    access::requirement reads = {}, writes = {};  // who may, unless an operation says something else
    std::vector<field> fields;                    // in the order of JSON; the key is one of them
    std::vector<filter> filters;
    std::vector<std::string_view> sorts;         // fields; the first, descending, is the default
    bool sorts_ascending = false;                // ... or ascending
    std::vector<std::string_view> text = {};     // fields that `words` searches
    std::vector<std::string_view> history = {};  // fields whose changes are kept
    bool has_bulk = true;                        // many at once, by one request
    bool keeps_versions = false;                 // all former versions are kept whole
    std::vector<state_machine> machines = {};
    std::vector<unique_rule> unique = {};
    /// Fields of few values. A table `<table>_facets` of these columns and a count is kept by triggers, so that counts are
    /// not made by looking at all rows.
    std::vector<std::string_view> facets = {};
    resource_hooks hooks = {};
};

/// An aggregate with the SQL made from its description, once. Immutable.
struct resource : resource_spec {
    static constexpr std::size_t absent = static_cast<std::size_t>(-1);

    explicit resource(resource_spec description);

    /// The place of a field, by its path; `absent` if there is none.
    std::size_t position(std::string_view field_path) const noexcept;
    bool has_versions() const noexcept { return version != absent; }
    /// `/api/v1/alerts/<id>`
    std::string location(const call& request, std::string_view key_text) const;
    /// What the path of a call names a row by.
    const std::string& key_of(const call& request) const noexcept { return request.path[parent.by == nullptr ? 0 : 1]; }
    /// A select's columns that are fields in JSON, in order.
    struct shown_field {
        std::size_t field;
        json::short_text opening;  // what precedes the value: `{"id":`, `,"version":`, `},"logsource":{"product":`
    };

    std::size_t id = absent, version = absent, updated_at = absent, owner = absent;
    std::vector<std::string> paths;  // of the fields
    std::vector<shown_field> shown;
    std::string_view closing;           // what follows the last value
    std::string columns;                // what a select takes for `shown`
    std::vector<std::size_t> stored;    // fields that are columns
    std::vector<std::size_t> changing;  // of them, those that an update writes
    bool is_computed = false;           // some field is made by SQL
    std::optional<text_index> index;
    std::string select_json, select_json_at, select_record, insert, update, remove;
};

// -- checks, on the caller's thread: see operation::check ---
/// Path and query only; every parameter must be one of the operation's.
std::optional<problem> check_address(const operation& what, call& request);
/// As `check_address`; also has the row's hint fetched from memory while the request waits for its turn.
std::optional<problem> check_get(const operation& what, call& request);
std::optional<problem> check_create(const operation& what, call& request);
std::optional<problem> check_patch(const operation& what, call& request);
/// A whole record in the place of another.
std::optional<problem> check_replace(const operation& what, call& request);

// -- work, on an actor ---
result<void> create(const operation& what, write_session& session, const call& request, reply& into);
result<void> get(const operation& what, read_session& session, const call& request, reply& into);
result<void> patch(const operation& what, write_session& session, const call& request, reply& into);
result<void> replace(const operation& what, write_session& session, const call& request, reply& into);
result<void> remove(const operation& what, write_session& session, const call& request, reply& into);

// -- parts of them, for an aggregate's own operations ---
/// What a body says of a new record, complete, or the faults: for an aggregate that makes records of other things.
std::vector<fault> make_record(const resource& of, const call& request, given_members given, record& into);
/// The record that the call's path names, if its version is what the caller asks for.
result<record> load(const resource& of, read_session& session, const call& request, reply& into);
/// The record with a key, whatever its version.
result<std::optional<record>> find(const resource& of, read_session& session, std::string_view key);
/// Inserts a complete record with all that belongs to it: references, hooks, texts.
result<void> add(const resource& of, write_session& session, const call& request, record& row, reply& into);
/// Writes what changed between both, grows the version, runs the hooks and makes the reply. Nothing is written, and the
/// version stays, if nothing changed.
result<void> save(const resource& of, write_session& session, const call& request, const record& before, record after,
                  std::string_view note, reply& into);
/// Deletes a record with all that belongs to it.
result<void> drop(const resource& of, write_session& session, const record& row, reply& into);
/// A body's members checked against `rules`; `values` gets those that were given, nothing for the others.
std::vector<fault> read_members(std::span<const field> rules, const boost::json::value* body, given_members& values);
/// The same of an operation's own body, whose required members must be there. False if it is refused: then `refused` is what the
/// check of the operation answers.
bool read_input(std::span<const field> rules, call& request, given_members& values, std::optional<problem>& refused);
/// The members of a body that fields may be given for, checked.
std::vector<fault> read_body(const resource& of, const boost::json::value* body, bool for_patch, given_members& values);
/// A record from a row of its stored columns, of which the first is column `first`.
record read_record(const resource& of, const statement& row, int first);

/// Appends the JSON of a row whose columns from `first` on are `resource::columns`, or of a record.
void append_row(const resource& of, const statement& row, int first, std::string& out);
void append_record(const resource& of, const record& row, std::string& out);

operation create_operation(const resource& of);
operation get_operation(const resource& of);
operation list_operation(const resource& of);
operation count_operation(const resource& of);
operation facets_operation(const resource& of);
/// The operations that all resources with versions have: those above, create, patch, replace and delete, and those that
/// its description asks for: state machines, history, versions, facets.
std::vector<operation> common_operations(const resource& of);
/// An operation at `path` below the resource's own, with what all have.
operation make_operation(const resource& of, method verb, std::string_view path, std::string id, std::string summary);
/// What rows are called in ids of operations and in texts: data_sources of mitre/data-sources.
std::string noun_of(const resource& of);
/// What documents a body made of fields, and the parameters of a list. Valid for the life of the program.
std::vector<field_doc> document(std::span<const field> fields, bool for_patch);
std::string schema_of(const resource& of);
/// Keeps a text for the life of the program, for what is documented by views.
std::string_view kept(std::string text);

}  // namespace carrel::siem
