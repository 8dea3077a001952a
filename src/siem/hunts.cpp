#include "siem/hunts.hpp"

#include "json/writer.hpp"
#include "resource/bulk.hpp"
#include "resource/conditions.hpp"
#include "resource/filter_object.hpp"
#include "resource/links.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "resource/state_machine.hpp"
#include "siem/indicators.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr timestamp range_max = timestamp{90} * 24 * 3600 * 1'000'000;

constexpr auto edges = [] {
    using enum hunt_status;
    const auto e = [](hunt_status from, hunt_status to) {
        return edge{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
    };
    return std::array{e(pending, running),   e(pending, failed), e(pending, cancelled),
                      e(running, completed), e(running, failed), e(running, cancelled)};
}();

struct hunt_fields {
    std::size_t status, ioc_ids, filter, from, to;
};
const hunt_fields& at() {
    static const hunt_fields found = [] {
        const auto of = [](std::string_view name) { return hunts().position(name); };
        return hunt_fields{of("status"), of("ioc_ids"), of("filter"), of("from"), of("to")};
    }();
    return found;
}

query_pairs filters_of(const record& row, timestamp now, std::vector<fault>& faults) {
    return read_filters(iocs(), boost::json::parse(*row.text(at().filter)).as_object(), now, faults);
}

void check(const resource&, const call& request, const record* before, record& row, std::vector<fault>& faults) {
    if (before != nullptr) return;
    const timestamp from = row.integer(at().from), to = row.integer(at().to);
    if (to < from) faults.push_back({"to", 0, "must not be before `from`"});
    else if (to - from > range_max) faults.push_back({"to", 0, "must be at most 90 days after `from`"});
    if (to > request.now) faults.push_back({"to", 0, "must not be in the future"});
    const bool has_ids = *row.text(at().ioc_ids) != "[]", has_filter = row.has(at().filter);
    if (has_ids == has_filter) faults.push_back({"ioc_ids", 0, "is required, or a `filter`, and not both"});
    else if (has_filter) (void)filters_of(row, request.now, faults);
}

// Which indicators a filter means is decided once.
result<void> resolve_filter(write_session& session, const call& request, record& row, reply& into) {
    std::vector<fault> ignored;
    query_pairs given;
    for (auto& [name, text] : filters_of(row, request.now, ignored)) {
        const auto forms = name == "value" ? forms_of(text) : std::vector<std::string>{text};
        for (const std::string& form : forms) given.emplace_back(name, form);
    }
    const conditions wanted = read_conditions(iocs(), given, request.now);
    auto rows = session.prepare(read_sql::dynamic("SELECT id FROM iocs" + wanted.where + " LIMIT ?"));
    if (!rows) return rows.error();
    std::vector<value> bound = wanted.values;
    bound.emplace_back(hunt_iocs_max + 1);
    rows->bind_borrowed(bound);
    std::string list;
    json::writer out(list);
    out.begin_array();
    for (std::int64_t count = 0;; ++count) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more && count == 0)
            return refuse(into, problem_of(problem_code::invalid, "filter", "finds no indicator"));
        if (!*more) break;
        if (count == hunt_iocs_max)
            return refuse(into, problem_of(problem_code::invalid, "filter",
                                           "finds more than " + std::to_string(hunt_iocs_max) + " indicators"));
        out.string(rows->text(0));
    }
    out.end_array();
    row.values[at().ioc_ids] = std::move(list);
    return {};
}

result<bool> before_insert(const resource&, write_session& session, const call& request, record& row, reply& into) {
    auto open =
        session.first_integer("SELECT count(*) FROM (SELECT 1 FROM hunts WHERE status < 2 LIMIT ?)", open_hunts_max);
    if (!open) return open.error();
    if (open->value_or(0) >= open_hunts_max)
        return refuse(into, {problem_code::conflict,
                             std::to_string(open_hunts_max) + " hunts are waiting: let them end, or cancel some",
                             {}});
    if (!row.has(at().filter)) return false;
    if (auto done = resolve_filter(session, request, row, into); !done) return done.error();
    return false;
}

std::vector<field> hunt_field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "status", .kind = enumeration, .from = origin::server, .values = hunt_statuses, .initial = 0},
        {.name = "ioc_ids",
         .kind = text_list,
         .max = hunt_iocs_max,
         .item_max = 128,
         .summary = "Which indicators; or `filter`.",
         .refers = {.to = iocs},
         .items = "hunts_iocs"},
        {.name = "filter",
         .kind = object,
         .max = 10'000,
         .summary = "Filters of the list of indicators; they find at most 100."},
        {.name = "from", .kind = field_kind::time, .required = true, .column = "from_at"},
        {.name = "to",
         .kind = field_kind::time,
         .required = true,
         .summary = "At most 90 days after `from`, and not in the future.",
         .column = "to_at"},
        {.name = "progress", .kind = real, .from = origin::server, .max = 1, .initial = 0},
        {.name = "events_read", .kind = integer, .from = origin::server, .initial = 0},
        {.name = "match_count", .kind = integer, .from = origin::server, .initial = 0},
        {.name = "matches_kept",
         .kind = integer,
         .from = origin::server,
         .initial = 0,
         .summary = "Of them those that can be listed: the first 10,000."},
        {.name = "created_by", .from = origin::creator},
        {.name = "started_at", .kind = field_kind::time, .from = origin::server},
        {.name = "completed_at", .kind = field_kind::time, .from = origin::server},
        {.name = "error", .from = origin::server},
        {.name = "next_position", .kind = integer, .from = origin::server, .seen = visibility::hidden},
        {.name = "end_position", .kind = integer, .from = origin::server, .seen = visibility::hidden},
    });
}

std::vector<field> match_field_list() {
    using enum field_kind;
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "ioc_id", .from = origin::server, .required = true},
        {.name = "hunt_id", .from = origin::server, .summary = "Null: it was found when the event was taken in."},
        {.name = "event_id", .from = origin::server, .required = true},
        {.name = "field", .from = origin::server, .required = true, .summary = "The path in the event."},
        {.name = "value", .from = origin::server, .required = true, .summary = "Of the event; its first 1,024 bytes."},
        {.name = "event_timestamp", .kind = field_kind::time, .from = origin::server, .required = true},
        {.name = "detected_at", .kind = field_kind::time, .from = origin::now},
    };
}

const state_machine& status_machine() {
    static const state_machine instance{
        .field = "status", .path = "cancel", .to = "to", .note = "note", .edges = edges};
    return instance;
}

result<void> cancel(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = load(hunts(), session, request, into);
    if (!before) return before.error();
    record after = *before;
    after.values[hunts().position("completed_at")] = request.now;
    return move(hunts(), status_machine(), session, request, *before, static_cast<std::int64_t>(hunt_status::cancelled),
                std::move(after), {}, into);
}

operation cancel_operation() {
    operation made =
        make_operation(hunts(), method::post, "/{id}/cancel", "cancel_hunt", "Ends a hunt; its matches stay.");
    made.write = cancel;
    return made;
}

operation removal() {
    operation made = make_operation(hunts(), method::del, "/{id}", "delete_hunt", "Deletes a hunt and its matches.");
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = remove;
    return made;
}

}  // namespace

const resource& hunts() {
    static const resource instance({
        .name = "hunt",
        .plural = "hunts",
        .reads = permission::read_hunts,
        .writes = permission::write_hunts,
        .fields = hunt_field_list(),
        .filters = {{.name = "status", .kind = filter_kind::enumeration, .column = "status", .values = hunt_statuses},
                    {.name = "ioc_id",
                     .kind = filter_kind::among,
                     .column = "seq IN (SELECT row FROM hunts_iocs WHERE item IN "}},
        .sorts = {"created_at"},
        .hooks = {.check = check, .before_insert = before_insert},
    });
    return instance;
}

const resource& ioc_matches() {
    static const resource instance({
        .name = "ioc_match",
        .plural = "ioc_matches",
        .reads = permission::read_hunts,
        .writes = permission::write_hunts,
        .fields = match_field_list(),
        .filters = {{.name = "event_id", .column = "event_id"},
                    {.name = "from", .kind = filter_kind::time_from, .column = "detected_at"},
                    {.name = "to", .kind = filter_kind::time_to, .column = "detected_at"}},
        .sorts = {"detected_at"},
    });
    return instance;
}

std::vector<const resource*> hunt_resources() { return {&hunts(), &ioc_matches()}; }

std::vector<operation> hunt_operations() {
    std::vector<operation> all;
    all.push_back(create_operation(hunts()));
    all.push_back(get_operation(hunts()));
    all.push_back(list_operation(hunts()));
    all.push_back(count_operation(hunts()));
    all.push_back(cancel_operation());
    all.push_back(removal());
    all.push_back(linked_list(ioc_matches(), hunts(), "/hunts/{id}/matches", "hunt_id = ?", "list_hunt_matches"));
    all.push_back(linked_list(ioc_matches(), iocs(), "/iocs/{id}/matches", "ioc_id = ?", "list_ioc_matches"));
    return all;
}

}  // namespace carrel::siem
