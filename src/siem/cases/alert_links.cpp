#include "siem/cases/alert_links.hpp"

#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/alerts.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace carrel::siem {

namespace {

constexpr std::int64_t links_of_alert_max = 1000;
constexpr std::array<std::string_view, 5> link_types = {"related", "duplicate", "escalation", "correlation",
                                                        "caused_by"};
/// Whether the link was made from this alert or from the other.
constexpr std::array<std::string_view, 2> directions = {"outgoing", "incoming"};

const std::string& own_alert(const record& row) { return *row.text(related_alerts().owner); }
const std::string& other_alert(const record& row) { return *row.text(related_alerts().id); }

void check(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    if (own_alert(row) == other_alert(row)) faults.push_back({"linked_alert_id", 0, "must be another alert"});
}

result<void> require_room(read_session& session, const std::string& alert, reply& into) {
    auto count = session.first_integer("SELECT count(*) FROM alert_links WHERE alert_id = ?", alert);
    if (!count) return count.error();
    if (count->value_or(0) < links_of_alert_max) return {};
    return refuse(into, {problem_code::conflict,
                         "An alert has " + std::to_string(links_of_alert_max) + " links at most; " + alert + " has.",
                         {}});
}

// Two alerts are linked once: a second request is answered with the link that is there.
result<bool> before_insert(const resource& of, write_session& session, const call& request, record& row, reply& into) {
    call pair;
    pair.path = {request.path[0], other_alert(row)};
    reply absent;
    auto linked = load(of, session, pair, absent);
    if (!linked && !absent.refused) return linked.error();
    if (linked) {
        operation reading;
        reading.of = &of;
        if (auto done = get(reading, session, pair, into); !done) return done.error();
        return true;
    }
    for (const std::string* each : {&own_alert(row), &other_alert(row)})
        if (auto room = require_room(session, *each, into); !room) return room.error();
    row.values[of.position("id")] = request.fresh_id;
    return false;
}

result<void> after_insert(const resource&, write_session& session, const call&, const record& row) {
    return session.execute(
        "INSERT INTO alert_links(id, alert_id, linked_alert_id, created_at, link_type, direction, created_by, "
        "description) "
        "SELECT id, linked_alert_id, alert_id, created_at, link_type, 1, created_by, description FROM alert_links "
        "WHERE seq = ?",
        row.row);
}

result<void> before_delete(const resource&, write_session& session, const record& row, reply&) {
    return session.execute("DELETE FROM alert_links WHERE alert_id = ? AND linked_alert_id = ?", other_alert(row),
                           own_alert(row));
}

operation removal() {
    operation made =
        make_operation(related_alerts(), method::del, "/{id}", "unlink_alerts", "Takes the link of two alerts away.");
    made.is_about_version = false;
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = remove;
    return made;
}

std::vector<field> field_list() {
    using enum field_kind;
    return {
        {.name = "id", .from = origin::server, .required = true, .summary = "Of both sides."},
        {.name = "alert_id", .from = origin::server, .required = true},
        {.name = "linked_alert_id", .required = true, .min = 1, .max = 128, .refers = {.to = alerts}},
        {.name = "link_type", .kind = enumeration, .values = link_types, .initial = 0},
        {.name = "direction",
         .kind = enumeration,
         .from = origin::server,
         .values = directions,
         .initial = 0,
         .summary = "Outgoing: the link was made from this alert."},
        {.name = "description", .max = 2000},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "created_by", .from = origin::creator},
        {.name = "linked_alert_title",
         .from = origin::server,
         .expression = "SELECT title FROM alerts WHERE id = linked_alert_id"},
    };
}

}  // namespace

const resource& related_alerts() {
    static const resource instance({
        .name = "related_alert",
        .plural = "related",
        .table = "alert_links",
        .key = "linked_alert_id",
        .parent = {.by = alerts, .field = "alert_id"},
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = field_list(),
        .filters =
            {{.name = "link_type", .kind = filter_kind::enumeration, .column = "link_type", .values = link_types}},
        .sorts = {"created_at"},
        .has_bulk = false,
        .hooks = {.check = check,
                  .before_insert = before_insert,
                  .after_insert = after_insert,
                  .before_delete = before_delete},
    });
    return instance;
}

std::vector<operation> related_alert_operations() {
    std::vector<operation> all;
    all.push_back(create_operation(related_alerts()));
    all.push_back(get_operation(related_alerts()));
    all.push_back(list_operation(related_alerts()));
    all.push_back(removal());
    return all;
}

std::vector<const resource*> alert_link_resources() { return {&related_alerts(), &alert_comments()}; }

std::vector<operation> alert_link_operations() {
    std::vector<operation> all;
    for (auto part : {related_alert_operations, alert_comment_operations, alert_decision_operations}) {
        std::vector<operation> own = part();
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    all.push_back(alert_changes_operation());
    all.push_back(alert_months_operation());
    return all;
}

}  // namespace carrel::siem
