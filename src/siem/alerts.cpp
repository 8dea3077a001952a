#include "siem/alerts.hpp"

#include "siem/alert_status.hpp"
#include "siem/problems.hpp"
#include "siem/text_index.hpp"

#include <boost/json/parse.hpp>

#include <array>

namespace carrel::siem {

namespace {

const text_index& alert_text() {
    static const text_index index("alerts", "title, description");
    return index;
}

std::vector<field> alert_fields() {
    return {
        {.name = "id",
         .from = origin::fresh_id,
         .min = 1,
         .max = 128,
         .summary = "1 to 128 of A-Z, a-z, 0-9, _ and -."},
        {.name = "version", .kind = field_kind::integer, .from = origin::server, .initial = 1},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "updated_at", .kind = field_kind::time, .from = origin::now},
        {.name = "title", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "severity",
         .kind = field_kind::enumeration,
         .required = true,
         .patchable = true,
         .values = severities},
        {.name = "status",
         .kind = field_kind::enumeration,
         .from = origin::server,
         .values = alert_statuses,
         .initial = 0},
        {.name = "disposition",
         .kind = field_kind::enumeration,
         .patchable = true,
         .values = dispositions,
         .initial = 0},
        {.name = "rule_id", .max = 128},
        {.name = "event_ids",
         .kind = field_kind::text_list,
         .max = 1000,
         .item_max = 128,
         .summary = "Each must exist."},
        {.name = "assigned_to", .patchable = true, .max = 200},
        {.name = "tags", .kind = field_kind::text_list, .patchable = true, .max = 50, .item_max = 100},
        {.name = "risk_score", .kind = field_kind::integer, .patchable = true, .max = 100},
        {.name = "fingerprint",
         .max = 256,
         .summary = "An alert that is not closed and has the same takes this one in."},
        {.name = "duplicate_count", .kind = field_kind::integer, .from = origin::server, .initial = 0},
        {.name = "last_seen", .kind = field_kind::time, .from = origin::now},
    };
}

std::vector<filter> alert_filters() {
    return {
        {.name = "severity", .kind = filter_kind::enumeration, .column = "severity", .values = severities},
        {.name = "status", .kind = filter_kind::enumeration, .column = "status", .values = alert_statuses},
        {.name = "disposition", .kind = filter_kind::enumeration, .column = "disposition", .values = dispositions},
        {.name = "rule_id", .column = "rule_id"},
        {.name = "assigned_to", .column = "assigned_to"},
        {.name = "tag", .kind = filter_kind::list_item, .column = "tags"},
        {.name = "from", .kind = filter_kind::time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = filter_kind::time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q",
         .kind = filter_kind::words,
         .column = "alerts_text",
         .summary = "All words, in title and description."},
    };
}

// Where alerts keep what their own rules touch.
struct places {
    std::size_t title, description, status, disposition, event_ids, assigned_to, fingerprint, duplicate_count,
        last_seen;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return alerts().position(name); };
        return places{of("title"),       of("description"), of("status"),          of("disposition"), of("event_ids"),
                      of("assigned_to"), of("fingerprint"), of("duplicate_count"), of("last_seen")};
    }();
    return found;
}

std::string searched_text(const record& row) {
    std::string text = *row.text(at().title);
    if (const auto* description = row.text(at().description)) text += " " + *description;
    return text;
}

// Refuses an alert about events that are not there.
result<void> require_events(write_session& session, const record& row, reply& into) {
    const std::string& list = *row.text(at().event_ids);
    if (list == "[]") return {};
    const boost::json::value ids = boost::json::parse(list);
    std::vector<fault> faults;
    for (std::size_t i = 0; i < ids.as_array().size(); ++i) {
        const auto& id = ids.as_array()[i].as_string();
        auto found = session.first_integer("SELECT 1 FROM events WHERE id = ?", std::string_view(id.data(), id.size()));
        if (!found) return found.error();
        if (!*found) faults.push_back({"event_ids[" + std::to_string(i) + "]", 0, "does not exist"});
    }
    if (faults.empty()) return {};
    return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
}

// The partial index of the migration names the place of `closed`.
static_assert(static_cast<int>(alert_status::closed) == 7);

// The id of the alert that is not closed and has this fingerprint.
result<std::optional<std::string>> open_twin(write_session& session, const std::string& fingerprint) {
    static const std::string sql =
        "SELECT id FROM alerts WHERE fingerprint = ? AND fingerprint IS NOT NULL AND status <> " +
        std::to_string(static_cast<int>(alert_status::closed));
    auto prepared = session.prepare(read_sql::dynamic(sql));
    if (!prepared) return prepared.error();
    auto found = prepared->bind(fingerprint).step();
    if (!found) return found.error();
    if (!*found) return std::optional<std::string>();
    return std::optional<std::string>(prepared->text(0));
}

result<bool> before_insert(const resource& of, write_session& session, const call& request, record& row, reply& into) {
    if (auto done = require_events(session, row, into); !done) return done.error();
    const std::string* fingerprint = row.text(at().fingerprint);
    if (fingerprint == nullptr) return false;
    auto twin = open_twin(session, *fingerprint);
    if (!twin) return twin.error();
    if (!*twin) return false;

    call about_twin;
    about_twin.path[0] = **twin;
    about_twin.now = request.now;
    auto before = load(of, session, about_twin, into);
    if (!before) return before.error();
    record after = *before;
    after.values[at().duplicate_count] = before->integer(at().duplicate_count) + 1;
    after.values[at().last_seen] = request.now;
    if (auto done = save(of, session, about_twin, *before, std::move(after), {}, into); !done) return done.error();
    return true;
}

result<void> after_insert(const resource&, write_session& session, const call&, const record& row) {
    return alert_text().inserted(session, row.row);
}

// What a column's value is called in the history; nothing for null.
std::optional<std::string> told(const field& rules, const value& held) {
    if (const auto* text = std::get_if<std::string>(&held)) return *text;
    if (const auto* place = std::get_if<std::int64_t>(&held))
        return std::string(rules.values[static_cast<std::size_t>(*place)]);
    return std::nullopt;
}

result<void> remember(const resource& of, write_session& session, const call& request, const record& before,
                      const record& after, std::string_view note) {
    for (const std::size_t i : {at().status, at().disposition, at().assigned_to}) {
        if (before.values[i] == after.values[i]) continue;
        const field& rules = of.fields[i];
        const auto kept_note = note.empty() ? std::nullopt : std::optional(note);
        auto done = session.execute(
            "INSERT INTO alert_history(alert, field, from_value, to_value, at, note) VALUES (?, ?, ?, ?, ?, ?)",
            before.row, rules.name, told(rules, before.values[i]), told(rules, after.values[i]), request.now,
            kept_note);
        if (!done) return done;
    }
    return {};
}

result<void> after_update(const resource& of, write_session& session, const call& request, const record& before,
                          const record& after, std::string_view note) {
    if (auto done = remember(of, session, request, before, after, note); !done) return done;
    const std::string was = searched_text(before), is = searched_text(after);
    if (was == is) return {};
    if (auto done = alert_text().forget(session, before.row, was); !done) return done;
    return alert_text().learn(session, before.row, is);
}

result<void> before_delete(const resource&, write_session& session, const record& row) {
    if (auto done = alert_text().forget(session, row.row, searched_text(row)); !done) return done;
    return session.execute("DELETE FROM alert_history WHERE alert = ?", row.row);
}

}  // namespace

const resource& alerts() {
    static const resource instance({
        .name = "alert",
        .plural = "alerts",
        .fields = alert_fields(),
        .filters = alert_filters(),
        .sorts = {"created_at", "updated_at", "severity", "risk_score"},
        .index = &alert_text(),
        .hooks = {before_insert, after_insert, after_update, before_delete},
    });
    return instance;
}

}  // namespace carrel::siem
