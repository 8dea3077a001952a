#include "resource/history.hpp"

#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"

namespace carrel::siem {

namespace {

// What a column's value is called in the history; nothing for null.
std::optional<std::string> history_text(const field& rules, const value& held) {
    if (const auto* text = std::get_if<std::string>(&held)) return *text;
    if (const auto* real = std::get_if<double>(&held)) {
        std::string text;
        json::writer(text).real(*real);
        return text;
    }
    const auto* number = std::get_if<std::int64_t>(&held);
    if (number == nullptr) return std::nullopt;
    switch (rules.kind) {
        case field_kind::enumeration: return std::string(rules.values[static_cast<std::size_t>(*number)]);
        case field_kind::boolean: return *number != 0 ? "true" : "false";
        case field_kind::time: return format_time(*number);
        default: return std::to_string(*number);
    }
}

struct history_input : input {
    std::int64_t limit = limit_max;
    std::int64_t after = 0;  // the last entry of the page before
    std::string binding;
};

std::optional<problem> check_history(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<history_input>();
    parsed->binding = what.path + "\n" + request.path[0] + "\n" + request.path[1];
    std::vector<fault> faults = refuse_repeats(request.query);
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        const auto position = decode_cursor(*cursor, parsed->binding);
        if (position) parsed->after = std::get<std::int64_t>(position->sort);
        else faults.push_back({"cursor", 0, "is not a cursor of this history"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void write_text(json::writer& out, std::string_view key, std::optional<std::string_view> held) {
    out.key(key);
    if (held) out.string(*held);
    else out.null();
}

void write_change(json::writer& out, const statement& row) {
    out.begin_object().key("field").string(row.text(1));
    write_text(out, "from", row.optional_text(2));
    write_text(out, "to", row.optional_text(3));
    out.key("at").string(format_time(row.integer(4)));
    write_text(out, "by", row.optional_text(5));
    write_text(out, "note", row.optional_text(6));
    out.end_object();
}

result<void> history(const resource& of, std::string_view only, read_session& session, const call& request,
                     reply& into) {
    const auto& input = static_cast<const history_input&>(*request.parsed);
    into.clear();
    auto owner = load(of, session, request, into);
    if (!owner) return owner.error();
    auto rows = session.prepare(
        "SELECT seq, field, from_value, to_value, at, changed_by, note FROM history WHERE resource = ? AND row = ? "
        "AND seq > ? AND (?4 = '' OR field = ?4) ORDER BY seq LIMIT ?5");
    if (!rows) return rows.error();
    rows->bind(of.table, owner->row, input.after, only, input.limit + 1);
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    std::optional<std::int64_t> last;  // of a page that is full
    for (std::int64_t written = 1;; ++written) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) last.reset();
        if (!*more || last) break;
        write_change(out, *rows);
        if (written == input.limit || into.body.size() >= page_bytes_max) last = rows->integer(0);
    }
    out.end_array().key("next");
    if (last) out.string(encode_cursor({*last, of.key_of(request)}, input.binding));
    else out.null();
    out.end_object();
    return {};
}

constexpr std::string_view history_schema =
    R"({"type":"object","required":["items","next"],"properties":{"next":{"type":["string","null"]},)"
    R"("items":{"type":"array",)"
    R"("items":{"type":"object","required":["field","from","to","at","by","note"],"properties":{)"
    R"("field":{"type":"string"},"from":{"type":["string","null"]},"to":{"type":["string","null"]},)"
    R"("at":{"type":"string","format":"date-time"},"by":{"type":["string","null"]},)"
    R"("note":{"type":["string","null"]}}}}}})";

}  // namespace

result<void> keep_history(const resource& of, write_session& session, const call& request, const record& before,
                          const record& after, std::string_view note) {
    const auto kept_note = note.empty() ? std::nullopt : std::optional(note);
    const auto by = request.principal.empty() ? std::nullopt : std::optional<std::string_view>(request.principal);
    for (const std::string_view name : of.history) {
        const std::size_t i = of.position(name);
        if (before.values[i] == after.values[i]) continue;
        const field& rules = of.fields[i];
        auto done = session.execute(
            "INSERT INTO history(resource, row, field, from_value, to_value, at, changed_by, note) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            of.table, before.row, name, history_text(rules, before.values[i]), history_text(rules, after.values[i]),
            request.now, by, kept_note);
        if (!done) return done;
    }
    return {};
}

result<void> drop_history(const resource& of, write_session& session, const record& row) {
    if (of.history.empty()) return {};
    return session.execute("DELETE FROM history WHERE resource = ? AND row = ?", of.table, row.row);
}

operation history_operation(const resource& of, std::string_view path, std::string_view only) {
    operation made = make_operation(of, method::get, std::string("/{id}/").append(path),
                                    "get_" + std::string(of.name) + "_" + std::string(path),
                                    only.empty() ? "Lists the changes of its fields, oldest first."
                                                 : "Lists the changes of its " + std::string(only) + ", oldest first.");
    made.parameters = {
        {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":1000})", false,
         "How many entries at most."},
        {"cursor", R"({"type":"string"})", false, "`next` of the page before."},
    };
    made.reply_schema = history_schema;
    made.check = check_history;
    made.read = [&of, only](const operation&, read_session& session, const call& request, reply& into) {
        return history(of, only, session, request, into);
    };
    return made;
}

}  // namespace carrel::siem
