#include "siem/alerts.hpp"

#include "resource/problems.hpp"
#include "siem/alert_counts.hpp"
#include "siem/alert_fields.hpp"
#include "siem/alert_merge.hpp"
#include "siem/alert_status.hpp"
#include "siem/cases/case_links.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/event_finder.hpp"
#include "siem/legal_hold.hpp"
#include "siem/rules.hpp"

#include <boost/json/parse.hpp>

#include <array>

namespace carrel::siem {

const text_index& alert_text() { return *alerts().index; }

const alert_fields& at() {
    static const alert_fields found = [] {
        const auto of = [](std::string_view name) { return alerts().position(name); };
        return alert_fields{of("title"),       of("description"),     of("severity"),    of("status"),
                            of("disposition"), of("event_ids"),       of("assigned_to"), of("tags"),
                            of("fingerprint"), of("duplicate_count"), of("last_seen"),   of("investigation_id")};
    }();
    return found;
}

namespace {

std::vector<field> field_list() {
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
         .initial = 0,
         .needs = permission::alert_disposition},
        {.name = "rule_id", .max = 128, .refers = {.to = rules, .row = "rule"}},
        {.name = "event_ids",
         .kind = field_kind::text_list,
         .changes = true,
         .max = 1000,
         .item_max = 128,
         .summary = "Each must exist."},
        {.name = "assigned_to", .patchable = true, .max = 200, .needs = permission::alert_assign},
        {.name = "tags", .kind = field_kind::text_list, .patchable = true, .max = 50, .item_max = 100},
        {.name = "risk_score", .kind = field_kind::integer, .patchable = true, .max = 100},
        {.name = "fingerprint",
         .max = 256,
         .summary = "A new alert is merged into the open one that has the same; an empty one is none."},
        {.name = "duplicate_count", .kind = field_kind::integer, .from = origin::server, .initial = 0},
        {.name = "last_seen", .kind = field_kind::time, .from = origin::now},
        {.name = "investigation_id",
         .from = origin::server,
         .summary = "What it belongs to: see POST /alerts/{id}/investigation.",
         .refers = {.to = investigations}},
        // Null when the rule is gone; `rule_id` still tells which it was.
        {.name = "rule", .kind = field_kind::integer, .from = origin::server, .seen = visibility::hidden},
    };
}

std::vector<filter> filter_list() {
    return {
        {.name = "severity", .kind = filter_kind::enumeration, .column = "severity", .values = severities},
        {.name = "status", .kind = filter_kind::enumeration, .column = "status", .values = alert_statuses},
        {.name = "disposition", .kind = filter_kind::enumeration, .column = "disposition", .values = dispositions},
        {.name = "rule_id", .column = "rule_id"},
        {.name = "assigned_to", .column = "assigned_to"},
        {.name = "tag", .kind = filter_kind::list_item, .column = "tags"},
        {.name = "investigation_id", .column = "investigation_id"},
        {.name = "ioc_id",
         .kind = filter_kind::among,
         .column = "id IN (SELECT right_id FROM ioc_alerts WHERE left_id IN "},
        {.name = "from", .kind = filter_kind::time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = filter_kind::time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q",
         .kind = filter_kind::words,
         .summary = "A query: words, phrases and prefixes in title and description, fields, NOT, OR, parentheses."},
    };
}

// Refuses an alert about events that are not there.
result<void> require_events(write_session& session, const record& row, reply& into) {
    const std::string& list = *row.text(at().event_ids);
    if (list == "[]") return {};
    const boost::json::value ids = boost::json::parse(list);
    auto finder = event_finder::open(session);
    if (!finder) return finder.error();
    std::vector<fault> faults;
    for (std::size_t i = 0; i < ids.as_array().size(); ++i) {
        const auto& id = ids.as_array()[i].as_string();
        auto found = finder->find({id.data(), id.size()});
        if (!found) return found.error();
        if (!*found) faults.push_back({"event_ids[" + std::to_string(i) + "]", 0, "does not exist"});
    }
    if (faults.empty()) return {};
    return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
}

result<bool> before_insert(const resource& of, write_session& session, const call& request, record& row, reply& into) {
    if (auto done = require_events(session, row, into); !done) return done.error();
    return merge_into_open(of, session, request, row, into);
}

bool holds_events(const record& row) {
    return row.integer(at().status) != static_cast<std::int64_t>(alert_status::closed);
}

// An alert holds its events until it is closed.
result<void> move_hold(write_session& session, const record& before, const record& after) {
    const std::string &was = *before.text(at().event_ids), &is = *after.text(at().event_ids);
    if (was == is && holds_events(before) == holds_events(after)) return {};
    if (auto done = release_events(session, holder_kind::alert, before.row, was); !done) return done;
    if (!holds_events(after)) return {};
    return hold_events(session, holder_kind::alert, after.row, is);
}

result<void> after_insert(const resource&, write_session& session, const call&, const record& row) {
    return hold_events(session, holder_kind::alert, row.row, *row.text(at().event_ids));
}

// The counts know the rows that are indexed.
result<void> indexed(const resource&, write_session& session, row_range rows) { return count_alerts(session, rows); }

result<void> recount(write_session& session, const record& row, std::int64_t change) {
    auto last = alert_text().last_indexed(session);
    if (!last) return last.error();
    if (row.row > *last) return {};
    return recount_alert(session, row.integer(at().status), row.integer(at().severity), change);
}

result<void> move_count(write_session& session, const record& before, const record& after) {
    const bool same = before.values[at().status] == after.values[at().status] &&
                      before.values[at().severity] == after.values[at().severity];
    if (same) return {};
    if (auto done = recount(session, before, -1); !done) return done;
    return recount(session, after, 1);
}

result<void> after_update(const resource&, write_session& session, const call&, const record& before,
                          const record& after, std::string_view) {
    if (auto done = move_hold(session, before, after); !done) return done;
    if (auto done = move_case_events(session, before, after); !done) return done;
    return move_count(session, before, after);
}

result<void> before_delete(const resource&, write_session& session, const record& row, reply&) {
    auto released = release_events(session, holder_kind::alert, row.row, *row.text(at().event_ids));
    if (!released) return released;
    return recount(session, row, -1);
}

}  // namespace

const resource& alerts() {
    static const resource instance({
        .name = "alert",
        .plural = "alerts",
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "severity", "risk_score"},
        .text = {"title", "description"},
        .history = {"status", "disposition", "assigned_to", "duplicate_count", "investigation_id"},
        .machines = {{.field = "status",
                      .path = "status",
                      .to = "status",
                      .note = "note",
                      .edges = alert_transitions,
                      .needs = permission::alert_acknowledge}},
        .unique = {{.columns = "alerts.fingerprint",
                    .field = "fingerprint",
                    .detail = "is that of an alert that is open"}},
        .hooks = {.before_insert = before_insert,
                  .after_insert = after_insert,
                  .after_update = after_update,
                  .before_delete = before_delete,
                  .indexed = indexed},
    });
    return instance;
}

}  // namespace carrel::siem
