#include "siem/event_export.hpp"

#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_list.hpp"
#include "siem/event_receipt.hpp"
#include "siem/event_rows.hpp"

#include <array>
#include <charconv>

namespace carrel::siem {

namespace {

// Enough to be worth a turn of a reader; two of them are held an export.
constexpr std::size_t piece_bytes = 4u << 20;
constexpr std::int64_t piece_events = 1000;

struct export_plan {
    event_conditions conditions;
    std::optional<direction> order;  // by time; none: by receipt
    std::vector<event_field> fields;
    reply_format format;
};

struct export_input : input {
    std::shared_ptr<const export_plan> plan;
    bool is_first = true;
    std::int64_t left = 0;
    uuid after;                              // by receipt
    std::optional<event_place> after_place;  // by time
};

std::vector<event_field> read_fields(const query_pairs& query, std::vector<fault>& faults) {
    constexpr std::size_t fields_max = 100;
    std::vector<event_field> made;
    auto text = parameter(query, "fields");
    while (text) {
        const std::size_t end = text->find(',');
        auto field = event_field::named(text->substr(0, end));
        if (!field || made.size() == fields_max) {
            faults.push_back({"fields", 0, "must be up to 100 names with commas between them"});
            return {};
        }
        made.push_back(std::move(*field));
        if (end == text->npos) break;
        text->remove_prefix(end + 1);
    }
    return made;
}

void read_order(const query_pairs& query, export_plan& into, std::vector<fault>& faults) {
    const auto sort = parameter(query, "sort");
    if (!sort) return;
    if (*sort != "timestamp" && *sort != "-timestamp")
        faults.push_back({"sort", 0, "must be one of timestamp; prefix - for descending"});
    into.order = *sort == "timestamp" ? direction::oldest_first : direction::newest_first;
}

void read_start(const query_pairs& query, const export_plan& plan, export_input& into, std::vector<fault>& faults) {
    constexpr std::int64_t all = 1'000'000'000'000'000;
    into.left = all;
    if (auto wrong = read_number(query, "limit", all, into.left)) faults.push_back(std::move(*wrong));
    const auto after = parameter(query, "after");
    if (!after) return;
    const auto id = parse_uuid(*after);
    if (!id) faults.push_back({"after", 0, "must be the id of an event"});
    else if (plan.order) faults.push_back({"after", 0, "goes with the order of receipt, not with a sort"});
    else into.after = *id;
}

// -- pieces ---

result<void> by_receipt(read_session& session, const export_input& parameters, event_rows& rows, export_input& next,
                        reply& into) {
    receipt_walk walk(session, parameters.plan->conditions, parameters.after);
    auto ended = walk.run([&](const segments::event_head& head, std::string_view fields) {
        rows.append(head, fields, into.body);
        return --next.left > 0 && into.body.size() < piece_bytes;
    });
    if (!ended) return ended.error();
    next.after = walk.reached();
    if (*ended) next.left = 0;
    return {};
}

result<void> by_time(read_session& session, const export_input& parameters, event_rows& rows, export_input& next,
                     reply& into) {
    event_list_request page;
    page.conditions = parameters.plan->conditions;
    page.order = *parameters.plan->order;
    page.limit = std::min(piece_events, parameters.left);
    page.after = parameters.after_place;
    auto found =
        list_events(session, page, [&](const segments::event_head& head, std::string_view fields, std::string& out) {
            rows.append(head, fields, out);
        });
    if (!found) return found.error();
    std::int64_t written = 0;
    for (const auto& [at, entry] : found->entries()) {
        if (written == page.limit) break;
        into.body += entry.json;
        next.after_place = at;
        ++written;
    }
    const bool has_more = found->was_cut() || static_cast<std::int64_t>(found->entries().size()) > written;
    next.left = has_more ? parameters.left - written : 0;
    return {};
}

}  // namespace

std::optional<problem> check_event_export(const operation& what, call& request) {
    constexpr std::array<std::string_view, 4> own = {"fields", "sort", "limit", "after"};
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, own);
    auto plan = std::make_shared<export_plan>();
    auto parsed = std::make_unique<export_input>();
    plan->format = request.format;
    plan->fields = read_fields(request.query, faults);
    read_order(request.query, *plan, faults);
    read_start(request.query, *plan, *parsed, faults);
    plan->conditions = read_event_conditions(what, request);
    for (fault& wrong : plan->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    parsed->plan = std::move(plan);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> export_events(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const export_input&>(*request.parsed);
    into.clear();
    event_rows rows(parameters.plan->format, parameters.plan->fields);
    if (parameters.is_first) rows.append_header(into.body);
    auto next = std::make_unique<export_input>();
    next->plan = parameters.plan;
    next->is_first = false;
    next->left = parameters.left;
    next->after = parameters.after;
    next->after_place = parameters.after_place;
    const auto make = parameters.plan->order ? by_time : by_receipt;
    if (auto done = make(session, parameters, rows, *next, into); !done) return done;
    if (next->left > 0) into.rest = std::move(next);
    return {};
}

}  // namespace carrel::siem
