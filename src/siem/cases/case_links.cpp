#include "siem/cases/case_links.hpp"

#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/alert_fields.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/event_finder.hpp"

#include <algorithm>
#include <set>

namespace carrel::siem {

namespace {

const std::string* investigation_of(const record& alert) { return alert.text(at().investigation_id); }

result<void> require_room(read_session& session, const std::string& id, reply& into) {
    auto count = session.first_integer("SELECT count(*) FROM (SELECT 1 FROM alerts WHERE investigation_id = ? LIMIT ?)",
                                       id, alerts_of_investigation_max);
    if (!count) return count.error();
    if (count->value_or(0) < alerts_of_investigation_max) return {};
    return refuse(into, {problem_code::conflict,
                         "An investigation has " + std::to_string(alerts_of_investigation_max) + " alerts at most.",
                         {}});
}

result<void> require_open_of(read_session& session, const std::string& id, reply& into) {
    auto found = find(investigations(), session, id);
    if (!found) return found.error();
    return *found ? require_open(**found, into) : result<void>();
}

// An event that has been deleted meanwhile has no time any more. In the order of the ids each segment is read once.
result<void> add_events(write_session& session, std::int64_t investigation, std::int64_t alert,
                        std::vector<std::string> ids) {
    if (ids.empty()) return {};
    std::sort(ids.begin(), ids.end());
    auto finder = event_finder::open(session);
    if (!finder) return finder.error();
    for (const std::string& id : ids) {
        auto found = finder->find(id);
        if (!found) return found.error();
        if (!*found) continue;
        auto head = finder->head();
        if (!head) return head.error();
        auto done =
            session.execute("INSERT INTO investigation_events(investigation, at, alert, event) VALUES (?, ?, ?, ?)",
                            investigation, head->at, alert, id);
        if (!done) return done;
    }
    return {};
}

std::vector<std::string> added_events(const record& before, const record& after) {
    std::vector<std::string> ids = items_of(after.values[at().event_ids]);
    const auto known = items_of(before.values[at().event_ids]);
    const std::set<std::string_view> had(known.begin(), known.end());
    std::erase_if(ids, [&](const std::string& each) { return had.contains(each); });
    return ids;
}

}  // namespace

result<void> link_alert(write_session& session, const call& request, const record& alert, const record& investigation,
                        std::string_view note, reply& into) {
    if (auto open = require_open(investigation, into); !open) return open;
    const std::string& id = *investigation.text(investigations().id);
    const std::string* const linked = investigation_of(alert);
    if (linked != nullptr && *linked != id)
        return refuse(into, problem_of(problem_code::conflict, "investigation_id", "is " + *linked + " already"));
    if (linked == nullptr)
        if (auto room = require_room(session, id, into); !room) return room;
    record after = alert;
    after.values[at().investigation_id] = id;
    return save(alerts(), session, request, alert, std::move(after), note, into);
}

result<void> link_alert(write_session& session, const call& request, const record& alert, const std::string& id,
                        std::string_view note, reply& into) {
    auto found = find(investigations(), session, id);
    if (!found) return found.error();
    if (!*found) return refuse(into, problem_of(problem_code::invalid, "investigation_id", "does not exist"));
    return link_alert(session, request, alert, **found, note, into);
}

result<void> unlink_alert(write_session& session, const call& request, const record& alert, std::string_view note,
                          reply& into) {
    const std::string* const linked = investigation_of(alert);
    if (linked == nullptr)
        return refuse(into, {problem_code::not_found, "The alert is linked with no investigation.", {}});
    if (auto open = require_open_of(session, *linked, into); !open) return open;
    record after = alert;
    after.values[at().investigation_id] = value();
    return save(alerts(), session, request, alert, std::move(after), note, into);
}

result<void> unlink_all_alerts(write_session& session, const call& request, const record& investigation) {
    const std::string& id = *investigation.text(investigations().id);
    const auto by = request.principal.empty() ? std::nullopt : std::optional<std::string_view>(request.principal);
    auto kept = session.execute(
        "INSERT INTO history(resource, row, field, from_value, to_value, at, changed_by, note) "
        "SELECT 'alerts', seq, 'investigation_id', investigation_id, NULL, ?, ?, 'the investigation was deleted' "
        "FROM alerts WHERE investigation_id = ?",
        request.now, by, id);
    if (!kept) return kept;
    return session.execute(
        "UPDATE alerts SET investigation_id = NULL, version = version + 1, updated_at = ? "
        "WHERE investigation_id = ?",
        request.now, id);
}

result<void> move_case_events(write_session& session, const record& before, const record& after) {
    const bool is_same = before.values[at().investigation_id] == after.values[at().investigation_id];
    if (is_same && before.values[at().event_ids] == after.values[at().event_ids]) return {};
    if (!is_same)
        if (auto done = session.execute("DELETE FROM investigation_events WHERE alert = ?", after.row); !done)
            return done;
    const std::string* const linked = investigation_of(after);
    if (linked == nullptr) return {};
    auto row = session.first_integer("SELECT seq FROM investigations WHERE id = ?", *linked);
    if (!row) return row.error();
    return add_events(session, row->value_or(0), after.row,
                      is_same ? added_events(before, after) : items_of(after.values[at().event_ids]));
}

}  // namespace carrel::siem
