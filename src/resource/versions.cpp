#include "resource/versions.hpp"

#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"

#include <boost/json/parse.hpp>

#include <charconv>

namespace carrel::siem {

namespace {

// A record's columns as JSON, by name: what is there under a name that a later version of the program does not know is
// left, and what it does not find is what a new record has.
std::string state_of(const resource& of, const record& row) {
    std::string text;
    json::writer out(text);
    out.begin_object();
    for (const std::size_t i : of.stored) {
        out.key(of.fields[i].column_name());
        const value& held = row.values[i];
        if (const auto* words = std::get_if<std::string>(&held)) out.string(*words);
        else if (const auto* number = std::get_if<std::int64_t>(&held)) out.integer(*number);
        else if (const auto* real = std::get_if<double>(&held)) out.real(*real);
        else out.null();
    }
    out.end_object();
    return text;
}

value value_of(const boost::json::value& held) {
    if (const auto* text = held.if_string()) return std::string(text->data(), text->size());
    if (const auto* number = held.if_int64()) return *number;
    if (const auto* real = held.if_double()) return *real;
    return {};
}

record record_of(const resource& of, std::string_view state) {
    const boost::json::value kept = boost::json::parse({state.data(), state.size()});
    record row;
    for (const field& rules : of.fields) {
        const auto* held = rules.is_stored() ? kept.as_object().if_contains(rules.column_name()) : nullptr;
        row.values.push_back(held == nullptr ? initial_value(rules) : value_of(*held));
    }
    return row;
}

std::optional<std::int64_t> version_of(const call& request) {
    std::int64_t number = 0;
    const std::string& text = request.path[1];
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < 1) return std::nullopt;
    return number;
}

result<record> former(const resource& of, read_session& session, const call& request, const record& now, reply& into) {
    const auto version = version_of(request);
    if (version && *version == now.integer(of.version)) return now;
    auto rows = session.prepare("SELECT state FROM versions WHERE resource = ? AND row = ? AND version = ?");
    if (!rows) return rows.error();
    auto found = rows->bind(of.table, now.row, version.value_or(0)).step();
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(std::string(of.name) + " version", request.path[1]));
    record then = record_of(of, rows->text(0));
    then.row = now.row;
    return then;
}

result<void> get_version(const resource& of, read_session& session, const call& request, reply& into) {
    into.clear();
    auto now = load(of, session, request, into);
    if (!now) return now.error();
    auto then = former(of, session, request, *now, into);
    if (!then) return then.error();
    append_record(of, *then, into.body);
    return {};
}

// What is a client's to change comes back, and what the server has made of it.
result<void> restore(const resource& of, write_session& session, const call& request, reply& into) {
    into.clear();
    auto now = load(of, session, request, into);
    if (!now) return now.error();
    auto then = former(of, session, request, *now, into);
    if (!then) return then.error();
    record after = *now;
    for (std::size_t i = 0; i < of.fields.size(); ++i)
        if (of.fields[i].patchable || (of.fields[i].seen == visibility::hidden && of.fields[i].is_stored()))
            after.values[i] = then->values[i];
    return save(of, session, request, *now, std::move(after), "version " + request.path[1] + " restored", into);
}

struct versions_input : input {
    std::int64_t limit = limit_max;
    std::int64_t before = 0;  // the last version of the page before
    std::string binding;
};

std::optional<problem> check_versions(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<versions_input>();
    parsed->binding = what.path + "\n" + request.path[0];
    std::vector<fault> faults = refuse_repeats(request.query);
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        const auto position = decode_cursor(*cursor, parsed->binding);
        if (position) parsed->before = std::get<std::int64_t>(position->sort);
        else faults.push_back({"cursor", 0, "is not a cursor of this list"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> list_versions(const resource& of, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const versions_input&>(*request.parsed);
    into.clear();
    auto now = load(of, session, request, into);
    if (!now) return now.error();
    auto rows = session.prepare(
        "SELECT version, at, changed_by FROM versions WHERE resource = ? AND row = ? AND (?3 = 0 OR version < ?3) "
        "ORDER BY version DESC LIMIT ?4");
    if (!rows) return rows.error();
    rows->bind(of.table, now->row, input.before, input.limit + 1);
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    std::optional<std::int64_t> last;
    for (std::int64_t written = 1;; ++written) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) last.reset();
        if (!*more || last) break;
        out.begin_object().key("version").integer(rows->integer(0)).key("at").string(format_time(rows->integer(1)));
        out.key("by");
        if (const auto by = rows->optional_text(2)) out.string(*by);
        else out.null();
        out.end_object();
        if (written == input.limit) last = rows->integer(0);
    }
    out.end_array().key("next");
    if (last) out.string(encode_cursor({*last, request.path[0]}, input.binding));
    else out.null();
    out.end_object();
    return {};
}

constexpr std::string_view list_schema =
    R"({"type":"object","required":["items","next"],"properties":{"next":{"type":["string","null"]},)"
    R"("items":{"type":"array","items":{"type":"object","required":["version","at","by"],"properties":{)"
    R"("version":{"type":"integer"},"at":{"type":"string","format":"date-time"},"by":{"type":["string","null"]}}}}}})";

std::size_t changer_of(const resource& of) {
    for (std::size_t i = 0; i < of.fields.size(); ++i)
        if (of.fields[i].from == origin::changer) return i;
    return resource::absent;
}

}  // namespace

result<void> keep_version(const resource& of, write_session& session, const record& before) {
    if (!of.keeps_versions) return {};
    const std::size_t changer = changer_of(of);
    return session.execute(
        "INSERT INTO versions(resource, row, version, at, changed_by, state) VALUES (?, ?, ?, ?, ?, ?)", of.table,
        before.row, before.integer(of.version), before.integer(of.updated_at),
        changer == resource::absent ? value() : before.values[changer], state_of(of, before));
}

result<void> drop_versions(const resource& of, write_session& session, const record& row) {
    if (!of.keeps_versions) return {};
    return session.execute("DELETE FROM versions WHERE resource = ? AND row = ?", of.table, row.row);
}

std::vector<operation> version_operations(const resource& of) {
    const std::string name(of.name);
    operation all = make_operation(of, method::get, "/{id}/versions", "list_" + name + "_versions",
                                   "Lists the former versions, newest first.");
    all.parameters = {{"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":1000})", false,
                       "How many versions at most."},
                      {"cursor", R"({"type":"string"})", false, "`next` of the page before."}};
    all.reply_schema = list_schema;
    all.check = check_versions;
    all.read = [&of](const operation&, read_session& session, const call& request, reply& into) {
        return list_versions(of, session, request, into);
    };
    operation one = make_operation(of, method::get, "/{id}/versions/{version}", "get_" + name + "_version",
                                   "Reads it as it was in a version.");
    one.is_about_version = false;
    one.read = [&of](const operation&, read_session& session, const call& request, reply& into) {
        return get_version(of, session, request, into);
    };
    operation again = make_operation(of, method::post, "/{id}/versions/{version}/restore",
                                     "restore_" + name + "_version", "Makes a former version the newest.");
    again.write = [&of](const operation&, write_session& session, const call& request, reply& into) {
        return restore(of, session, request, into);
    };
    return {std::move(all), std::move(one), std::move(again)};
}

}  // namespace carrel::siem
