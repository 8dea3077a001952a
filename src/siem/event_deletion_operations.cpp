#include "json/writer.hpp"
#include "resource/conditions.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_deletion.hpp"
#include "siem/events.hpp"

#include <array>

// DELETE /events begins a job; GET /events/deletions tells how far each has come.
namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 3> states = {"waiting", "running", "done"};
// Of jobs that are done the newest are kept.
constexpr std::int64_t jobs_kept = 1000;

struct deletion_input : input {
    time_range range;
};

std::optional<fault> read_bound(const call& request, std::string_view name, std::optional<timestamp>& into) {
    const auto text = parameter(request.query, name);
    if (!text) return std::nullopt;
    into = parse_time(*text, request.now);
    if (into) return std::nullopt;
    return fault{std::string(name), 0,
                 "must be an RFC 3339 time, such as 2026-11-23T10:00:00Z, or a relative one, such as -30d"};
}

std::optional<problem> check_deletion(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<deletion_input>();
    std::vector<fault> faults = refuse_repeats(request.query);
    if (auto wrong = read_bound(request, "from", parsed->range.from)) faults.push_back(std::move(*wrong));
    if (auto wrong = read_bound(request, "to", parsed->range.to)) faults.push_back(std::move(*wrong));
    if (!parameter(request.query, "to")) faults.push_back({"to", 0, "is required"});
    const auto& [from, to] = parsed->range;
    if (from && to && *from >= *to) faults.push_back({"from", 0, "must be before `to`"});
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> insert_job(write_session& session, const call& request, const time_range& range) {
    const timestamp first = range.from.value_or(std::numeric_limits<timestamp>::min());
    return session.execute(
        "INSERT INTO event_deletions(id, state, created_at, from_at, to_at, events_max, deleted, held, "
        "before_position, has_rows, row_at, row_id, after_position) SELECT ?, 0, ?, ?, ?, "
        "(SELECT coalesce(sum(events), 0) FROM event_segments INDEXED BY event_segments_by_end "
        "WHERE to_at >= ? AND from_at < ?) + (SELECT count(*) FROM events WHERE timestamp >= ? AND timestamp < ?), "
        "0, 0, (SELECT next FROM event_sequence), EXISTS (SELECT 1 FROM events), ?, '', 0",
        request.fresh_id, request.now, range.from, *range.to, first, *range.to, first, *range.to, first);
}

result<void> begin_deletion(const operation& what, write_session& session, const call& request, reply& into) {
    const auto& input = static_cast<const deletion_input&>(*request.parsed);
    into.clear();
    if (auto done = insert_job(session, request, input.range); !done) return done;
    auto forgotten = session.execute(
        "DELETE FROM event_deletions WHERE state = 2 AND seq <= (SELECT max(seq) FROM event_deletions) - ?", jobs_kept);
    if (!forgotten) return forgotten;
    auto row = session.prepare(read_sql::dynamic(what.of->select_json));
    if (!row) return row.error();
    auto found = row->bind(request.fresh_id).step();
    if (!found) return found.error();
    append_row(*what.of, *row, 0, into.body);
    into.kind = outcome::accepted;
    into.location = "/api/v1/events/deletions/" + request.fresh_id;
    return {};
}

std::vector<field> field_list() {
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "state", .kind = field_kind::enumeration, .from = origin::server, .values = states, .initial = 0},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "started_at", .kind = field_kind::time, .from = origin::server},
        {.name = "finished_at", .kind = field_kind::time, .from = origin::server},
        {.name = "from_at", .kind = field_kind::time, .from = origin::server},
        {.name = "to_at", .kind = field_kind::time, .from = origin::server, .required = true},
        {.name = "events_max",
         .kind = field_kind::integer,
         .from = origin::server,
         .initial = 0,
         .summary = "How many events the segments held that reach into the range."},
        {.name = "deleted", .kind = field_kind::integer, .from = origin::server, .initial = 0},
        {.name = "held",
         .kind = field_kind::integer,
         .from = origin::server,
         .initial = 0,
         .summary = "Events that stay because an alert that is not closed cites them."},
    };
}

const resource& deletions() {
    static const resource instance({
        .name = "event_deletion",
        .plural = "event_deletions",
        .reads = permission::read_events,
        .writes = permission::delete_events,
        .fields = field_list(),
        .filters = {{.name = "state", .kind = filter_kind::enumeration, .column = "state", .values = states}},
        .sorts = {"created_at"},
    });
    return instance;
}

operation deletion_operation() {
    operation made;
    made.method = method::del;
    made.path = "/events";
    made.id = "delete_events";
    made.summary = "Begins to delete the events before a time that were stored before now.";
    made.parameters = {
        {"to", R"({"type":"string","format":"date-time"})", true, "Events before this time."},
        {"from", R"({"type":"string","format":"date-time"})", false, "Of these those at or after this time."},
    };
    made.reply_schema = R"({"$ref":"#/components/schemas/event_deletion"})";
    made.success = outcome::accepted;
    made.of = &deletions();
    made.needs = permission::delete_events;
    made.check = check_deletion;
    made.write = begin_deletion;
    return made;
}

}  // namespace

std::pair<std::string, std::string> deletion_schema() { return {"event_deletion", schema_of(deletions())}; }

std::vector<operation> deletion_operations() {
    operation one = get_operation(deletions()), list = list_operation(deletions());
    one.path = "/events/deletions/{id}";
    list.path = "/events/deletions";
    return {deletion_operation(), std::move(one), std::move(list)};
}

}  // namespace carrel::siem
