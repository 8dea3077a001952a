#include "siem/cases/investigations.hpp"

#include "base/time.hpp"
#include "resource/problems.hpp"
#include "siem/active_user.hpp"
#include "siem/aggregates.hpp"
#include "siem/alerts.hpp"
#include "siem/correlation_rules.hpp"
#include "siem/text_blanks.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 4> trigger_sources = {"manual", "correlation", "playbook", "ml_alert"};

constexpr auto edges = [] {
    using enum investigation_status;
    const auto e = [](investigation_status from, investigation_status to) {
        return edge{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
    };
    return std::array{e(open, in_progress),         e(in_progress, awaiting_review),
                      e(in_progress, resolved),     e(in_progress, false_positive),
                      e(awaiting_review, resolved), e(awaiting_review, in_progress),
                      e(resolved, closed),          e(false_positive, closed)};
}();

// Who closes says what it was.
void enter(const resource&, const call&, const record&, record& after, std::string_view, std::vector<fault>& faults) {
    if (is_closed(after) && !after.has(investigation_at().verdict))
        faults.push_back({"status", 0, "becomes closed by POST /investigations/{id}/close, which takes the verdict"});
}

void check(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    if (without_blanks(*row.text(investigation_at().title)).empty())
        faults.push_back({"title", 0, "must not be blank"});
}

// Where there are users, one of them; his or her name as it was given to them.
result<void> require_assignee(read_session& session, record& row, reply& into) {
    value& held = row.values[investigation_at().assignee_id];
    const auto* name = std::get_if<std::string>(&held);
    if (name == nullptr) return {};
    auto user = active_user(session, *name);
    if (!user) return user.error();
    if (!*user) return refuse(into, problem_of(problem_code::invalid, "assignee_id", std::string(no_active_user)));
    held = std::move(**user);
    return {};
}

// INV-20260131-001; the counter is of the day and of the transaction, so no two are alike.
result<std::string> next_number(write_session& session, timestamp now) {
    const std::string at = format_time(now);
    const std::string day = at.substr(0, 4) + at.substr(5, 2) + at.substr(8, 2);
    auto last = session.first<std::int64_t>(
        write_sql("INSERT INTO investigation_days(day, last) VALUES (CAST(? AS INTEGER), 1) "
                  "ON CONFLICT(day) DO UPDATE SET last = last + 1 RETURNING last"),
        day);
    if (!last) return last.error();
    const std::string count = std::to_string(last->value_or(0));
    return "INV-" + day + "-" + std::string(count.size() < 3 ? 3 - count.size() : 0, '0') + count;
}

result<bool> before_insert(const resource&, write_session& session, const call& request, record& row, reply& into) {
    if (auto found = require_assignee(session, row, into); !found) return found.error();
    auto number = next_number(session, request.now);
    if (!number) return number.error();
    row.values[investigation_at().number] = std::move(*number);
    return false;
}

result<void> before_update(const resource&, write_session& session, const call&, const record& before, record& after,
                           reply& into) {
    if (auto open = require_open(before, into); !open) return open;
    const std::size_t assignee = investigation_at().assignee_id;
    if (before.values[assignee] == after.values[assignee]) return {};
    return require_assignee(session, after, into);
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "number", .from = origin::server, .required = true, .summary = "For people: INV-<day>-<count>."},
        {.name = "title", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 2000},
        {.name = "priority", .kind = enumeration, .patchable = true, .values = priorities, .initial = 1},
        {.name = "status", .kind = enumeration, .from = origin::server, .values = investigation_statuses, .initial = 0},
        {.name = "assignee_id",
         .patchable = true,
         .min = 1,
         .max = 200,
         .summary = "The name of an active user, where there are users."},
        {.name = "tags",
         .kind = text_list,
         .patchable = true,
         .max = 50,
         .item_max = 100,
         .items = "investigations_tags"},
        {.name = "mitre_tactics",
         .kind = text_list,
         .patchable = true,
         .max = 50,
         .item_max = 100,
         .items = "investigations_tactics"},
        {.name = "mitre_techniques",
         .kind = text_list,
         .patchable = true,
         .max = 200,
         .item_max = 20,
         .items = "investigations_techniques"},
        {.name = "artifacts", .kind = object, .patchable = true, .max = 65'536, .summary = "What was found, by kind."},
        {.name = "trigger_source", .kind = enumeration, .values = trigger_sources, .initial = 0},
        {.name = "trigger_alert_id", .max = 128, .refers = {.to = alerts}},
        {.name = "correlation_rule_id", .max = 128, .refers = {.to = correlation_rules}},
        {.name = "created_by", .from = origin::creator},
        {.name = "closed_at", .kind = field_kind::time, .from = origin::server},
        {.name = "verdict", .kind = enumeration, .from = origin::server, .values = verdicts},
        {.name = "resolution_category", .from = origin::server},
        {.name = "summary", .from = origin::server},
        {.name = "affected_assets", .kind = text_list, .from = origin::server},
        {.name = "ml_feedback",
         .kind = integer,
         .from = origin::server,
         .min = 1,
         .max = 5,
         .summary = "How well a model did, 1 to 5."},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "status", .kind = enumeration, .column = "status", .values = investigation_statuses, .few = true},
        {.name = "priority", .kind = enumeration, .column = "priority", .values = priorities, .few = true},
        {.name = "assignee_id", .column = "assignee_id"},
        {.name = "created_by", .column = "created_by"},
        {.name = "verdict", .kind = enumeration, .column = "verdict", .values = verdicts},
        {.name = "trigger_source", .kind = enumeration, .column = "trigger_source", .values = trigger_sources},
        {.name = "number", .column = "number"},
        {.name = "tag", .kind = item, .column = "investigations_tags"},
        {.name = "mitre_tactic", .kind = item, .column = "investigations_tactics"},
        {.name = "mitre_technique", .kind = item, .column = "investigations_techniques"},
        {.name = "alert_id", .kind = among, .column = "id IN (SELECT investigation_id FROM alerts WHERE id IN "},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "updated_from", .kind = time_from, .column = "updated_at"},
        {.name = "updated_to", .kind = time_to, .column = "updated_at"},
        {.name = "closed_from", .kind = time_from, .column = "closed_at"},
        {.name = "closed_to", .kind = time_to, .column = "closed_at"},
        {.name = "q", .kind = words, .summary = "A query of title and description."},
    };
}

}  // namespace

const investigation_fields& investigation_at() {
    static const investigation_fields found = [] {
        const auto of = [](std::string_view name) { return investigations().position(name); };
        return investigation_fields{
            of("number"),      of("title"),           of("priority"),    of("status"),
            of("assignee_id"), of("closed_at"),       of("verdict"),     of("resolution_category"),
            of("summary"),     of("affected_assets"), of("ml_feedback"), of("trigger_alert_id")};
    }();
    return found;
}

bool is_closed(const record& investigation) {
    return investigation.integer(investigation_at().status) == static_cast<std::int64_t>(investigation_status::closed);
}

result<void> require_open(const record& investigation, reply& into) {
    if (!is_closed(investigation)) return {};
    return refuse(into, {problem_code::conflict,
                         "The investigation " + *investigation.text(investigation_at().number) + " is closed.",
                         {}});
}

const state_machine& investigation_machine() { return investigations().machines.front(); }

result<void> open_investigation(write_session& session, const call& request, record& row, reply& into) {
    auto answered = before_insert(investigations(), session, request, row, into);
    if (!answered) return answered.error();
    return add(investigations(), session, request, row, into);
}

const resource& investigations() {
    static const resource instance({
        .name = "investigation",
        .plural = "investigations",
        .reads = permission::read_investigations,
        .writes = permission::write_investigations,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "priority", "status", "title", "closed_at"},
        .text = {"title", "description"},
        .history = {"status", "priority", "assignee_id", "title"},
        .has_bulk = false,  // deleting needs more than writing does
        .machines = {{.field = "status",
                      .path = "status",
                      .to = "status",
                      .note = "note",
                      .edges = edges,
                      .has_trail = true,
                      .enter = enter}},
        .facets = {"status", "priority"},
        .hooks = {.check = check, .before_insert = before_insert, .before_update = before_update},
    });
    return instance;
}

std::vector<const resource*> investigation_resources() { return {&investigations(), &investigation_notes()}; }

std::vector<operation> investigation_operations() {
    std::vector<operation> all = common_operations(investigations());
    std::erase_if(all, [](const operation& each) { return each.method == method::del; });
    all.push_back(delete_investigation_operation());
    all.push_back(close_investigation_operation());
    all.push_back(investigation_timeline_operation());
    for (auto part : {investigation_stats_operations, investigation_alert_operations}) {
        std::vector<operation> own = part();
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    all.push_back(create_operation(investigation_notes()));
    all.push_back(get_operation(investigation_notes()));
    all.push_back(list_operation(investigation_notes()));
    return all;
}

}  // namespace carrel::siem
