#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/alerts.hpp"

// GET /alerts/{id}/history: the changes of an alert, oldest first, in pages.
namespace carrel::siem {

namespace {

struct history_input : input {
    std::int64_t limit = limit_max;
    std::int64_t after = 0;  // the last entry of the page before
};

std::string binding_of(const call& request) { return "history\n" + request.path[0]; }

std::optional<problem> check_history(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<history_input>();
    std::vector<fault> faults = refuse_repeats(request.query);
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        const auto position = decode_cursor(*cursor, binding_of(request));
        if (position) parsed->after = std::get<std::int64_t>(position->sort);
        else faults.push_back({"cursor", 0, "is not a cursor of this history"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void write_change(json::writer& out, std::string& body, const statement& row) {
    const auto text = [&](int column) {
        if (const auto held = row.optional_text(column)) {
            out.string(*held);
        } else {
            out.null();
        }
    };
    out.begin_object().key("field").string(row.text(1)).key("from");
    text(2);
    out.key("to");
    text(3);
    out.key("at").raw("\"");
    append_time(body, row.integer(4));
    body += '"';
    out.key("note");
    text(5);
    out.end_object();
}

result<void> history(const operation& what, read_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const history_input&>(*request.parsed);
    into.clear();
    auto alert = session.first_integer("SELECT seq FROM alerts WHERE id = ?", request.path[0]);
    if (!alert) return alert.error();
    if (!*alert) return refuse(into, not_found(what.of->name, request.path[0]));
    auto rows = session.prepare(
        "SELECT seq, field, from_value, to_value, at, note FROM alert_history WHERE alert = ? AND seq > ? "
        "ORDER BY seq LIMIT ?");
    if (!rows) return rows.error();
    rows->bind(**alert, input.after, input.limit + 1);
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    std::optional<std::int64_t> last;  // of a page that is full
    for (std::int64_t written = 1;; ++written) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) last.reset();
        if (!*more || last) break;
        write_change(out, into.body, *rows);
        if (written == input.limit || into.body.size() >= page_bytes_max) last = rows->integer(0);
    }
    out.end_array().key("next");
    if (last) out.string(encode_cursor({*last, request.path[0]}, binding_of(request)));
    else out.null();
    out.end_object();
    return {};
}

constexpr std::string_view history_schema =
    R"({"type":"object","required":["items","next"],"properties":{"next":{"type":["string","null"]},)"
    R"("items":{"type":"array",)"
    R"("items":{"type":"object","required":["field","from","to","at","note"],"properties":{)"
    R"("field":{"enum":["status","disposition","assigned_to","duplicate_count"]},"from":{"type":["string","null"]},)"
    R"("to":{"type":["string","null"]},"at":{"type":"string","format":"date-time"},"note":{"type":["string","null"]}}}}}})";

}  // namespace

operation history_operation() {
    operation made;
    made.path = "/alerts/{id}/history";
    made.id = "get_alert_history";
    made.summary = "Lists the changes of an alert's status, disposition, assignee and duplicates, oldest first.";
    made.parameters = {
        {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":1000})", false,
         "How many entries at most."},
        {"cursor", R"({"type":"string"})", false, "`next` of the page before."},
    };
    made.reply_schema = history_schema;
    made.of = &alerts();
    made.check = check_history;
    made.read = history;
    return made;
}

}  // namespace carrel::siem
