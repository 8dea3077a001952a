#include "siem/console/system_metadata.hpp"

#include "base/time.hpp"
#include "resource/problems.hpp"
#include "resource/resource_input.hpp"
#include "siem/aggregates.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

struct places {
    std::size_t key, type, value, builtin;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return system_metadata().position(name); };
        return places{of("key"), of("type"), of("value"), of("builtin")};
    }();
    return found;
}

bool is_metadata_key(std::string_view key) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    };
    return !key.empty() && key.size() <= 128 && std::all_of(key.begin(), key.end(), fits);
}

bool is_of(metadata_type type, const boost::json::value& given) {
    switch (type) {
        case metadata_type::text: return given.is_string();
        case metadata_type::integer: return given.is_int64();
        case metadata_type::real: return given.is_number();
        case metadata_type::boolean: return given.is_bool();
        case metadata_type::time:
            return given.is_string() && parse_time({given.as_string().data(), given.as_string().size()});
        case metadata_type::json: return true;
    }
    return false;
}

void check(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    const auto* text = row.text(at().value);
    if (text == nullptr) return faults.push_back({"value", 0, "must not be null"});
    const auto place = static_cast<std::size_t>(row.integer(at().type));
    if (is_of(static_cast<metadata_type>(place), boost::json::parse(*text))) return;
    faults.push_back({"value", 0, "must be of the type " + std::string(metadata_types[place])});
}

result<void> refuse_builtin(const record& row, reply& into) {
    if (row.integer(at().builtin) == 0) return {};
    return refuse(into, {problem_code::conflict, "it is the server's own and cannot be changed or deleted", {}});
}

result<void> before_update(const resource&, write_session&, const call&, const record& before, record&, reply& into) {
    return refuse_builtin(before, into);
}

result<void> before_delete(const resource&, write_session&, const record& row, reply& into) {
    return refuse_builtin(row, into);
}

std::vector<field> field_list() {
    using enum field_kind;
    return {
        {.name = "id", .from = origin::server, .required = true, .summary = "The key.", .expression = "key"},
        {.name = "key",
         .from = origin::client,
         .required = true,
         .min = 1,
         .max = 128,
         .summary = "1 to 128 of A-Z, a-z, 0-9, _, - and ."},
        {.name = "version", .kind = integer, .from = origin::server, .initial = 1},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "updated_at", .kind = field_kind::time, .from = origin::now},
        {.name = "type", .kind = enumeration, .patchable = true, .values = metadata_types, .initial = 0},
        {.name = "value",
         .kind = field_kind::json,
         .required = true,
         .patchable = true,
         .max = 65'536,
         .summary = "What `type` says; not null."},
        {.name = "description", .patchable = true, .max = 2000},
        {.name = "builtin",
         .kind = boolean,
         .from = origin::server,
         .initial = 0,
         .summary = "The server's own: it cannot be changed here."},
        {.name = "updated_by", .from = origin::changer},
    };
}

// PUT makes what is not there.
result<void> put(const operation& what, write_session& session, const call& request, reply& into) {
    auto known = find(system_metadata(), session, request.path[0]);
    if (!known) return known.error();
    return *known ? replace(what, session, request, into) : create(what, session, request, into);
}

}  // namespace

result<void> put_builtin_metadata(write_session& session, std::string_view key, metadata_type type,
                                  std::string_view json, timestamp now, std::string_view by) {
    const auto who = by.empty() ? std::nullopt : std::optional<std::string_view>(by);
    return session.execute(
        "INSERT INTO system_metadata(key, version, created_at, updated_at, type, builtin, updated_by, value) "
        "VALUES (?1, 1, ?2, ?2, ?3, 1, ?4, ?5) ON CONFLICT(key) DO UPDATE SET version = version + 1, updated_at = ?2, "
        "type = ?3, builtin = 1, updated_by = ?4, value = ?5",
        key, now, static_cast<std::int64_t>(type), who, json);
}

result<std::optional<std::string>> read_metadata(read_session& session, std::string_view key) {
    return session.first<std::string>(read_sql("SELECT value FROM system_metadata WHERE key = ?"), key);
}

const resource& system_metadata() {
    static const resource instance({
        .name = "system_metadatum",
        .plural = "system/metadata",
        .table = "system_metadata",
        .key = "key",
        .is_key = is_metadata_key,
        .key_rule = "must be 1 to 128 of A-Z, a-z, 0-9, _, - and .",
        .reads = permission::admin_system,
        .writes = permission::admin_system,
        .fields = field_list(),
        .filters = {{.name = "type", .kind = filter_kind::enumeration, .column = "type", .values = metadata_types},
                    {.name = "builtin", .kind = filter_kind::boolean, .column = "builtin"}},
        .sorts = {"key", "updated_at"},
        .sorts_ascending = true,
        .has_bulk = false,
        .hooks = {.check = check, .before_update = before_update, .before_delete = before_delete},
    });
    return instance;
}

std::vector<operation> system_metadata_operations() {
    std::vector<operation> all = common_operations(system_metadata());
    for (operation& each : all) {
        if (each.method != method::put) continue;
        each.summary = "Puts a value in the place of another, or where none was.";
        each.write = put;
    }
    std::vector<operation> setup = first_run_operations();
    std::move(setup.begin(), setup.end(), std::back_inserter(all));
    return all;
}

std::vector<const resource*> system_metadata_resources() { return {&system_metadata()}; }

}  // namespace carrel::siem
