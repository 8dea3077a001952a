#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_export.hpp"
#include "siem/event_list.hpp"
#include "siem/event_walk.hpp"
#include "siem/events.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 4> list_only = {"limit", "cursor", "sort", "count"};

struct list_input : input, event_list_request {
    bool wants_total = false;
    std::string binding;
};

// Reads `limit`, `sort` and `count`.
std::vector<fault> read_list_parameters(const query_pairs& query, list_input& into) {
    std::vector<fault> faults;
    if (auto wrong = read_limit(query, into.limit)) faults.push_back(std::move(*wrong));
    const auto sort = parameter(query, "sort");
    if (sort && *sort != "timestamp" && *sort != "-timestamp")
        faults.push_back({"sort", 0, "must be one of timestamp; prefix - for descending"});
    if (sort == "timestamp") into.order = direction::oldest_first;
    const auto count = parameter(query, "count");
    if (count && *count != "true" && *count != "false") faults.push_back({"count", 0, "must be true or false"});
    into.wants_total = count == "true";
    return faults;
}

std::optional<event_place> place_of(std::string_view cursor, std::string_view binding) {
    const auto position = decode_cursor(cursor, binding);
    if (!position) return std::nullopt;
    const auto* at = std::get_if<std::int64_t>(&position->sort);
    const auto id = parse_uuid(position->id);
    if (at == nullptr || !id) return std::nullopt;
    return event_place{*at, *id};
}

// Appends the items; where the last one stands if there are more.
std::optional<event_place> append_items(const list_input& parameters, const event_page& page, std::string& body) {
    std::int64_t written = 0;
    for (const auto& [at, entry] : page.entries()) {
        if (written > 0) body += ',';
        body += entry.json;
        const bool is_last = ++written == parameters.limit || body.size() >= page_bytes_max;
        const bool has_more = page.was_cut() || page.entries().size() > static_cast<std::size_t>(written);
        if (is_last) return has_more ? std::optional(at) : std::nullopt;
    }
    return page.was_cut() ? std::optional(page.entries().rbegin()->first) : std::nullopt;
}

std::optional<problem> check_event_list(const operation& what, call& request) {
    if (request.format != reply_format::json) return check_event_export(what, request);
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, list_only);
    auto parsed = std::make_unique<list_input>();
    for (fault& wrong : read_list_parameters(request.query, *parsed)) faults.push_back(std::move(wrong));
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    parsed->binding =
        (parsed->order == direction::newest_first ? "event\n-\n" : "event\n\n") + parsed->conditions.canonical;
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        parsed->after = place_of(*cursor, parsed->binding);
        if (!parsed->after)
            faults.push_back({"cursor", 0, "is not a cursor of a list with this sort and these filters"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> answer_event_list(const operation& what, read_session& session, const call& request, reply& into) {
    if (request.format != reply_format::json) return export_events(what, session, request, into);
    const auto& parameters = static_cast<const list_input&>(*request.parsed);
    into.clear();
    if (auto allowed = expect_cost(session, parameters.conditions.cost_key); !allowed) return allowed;
    auto page = siem::list_events(session, parameters);
    if (!page) return page.error();
    into.body = "{\"items\":[";
    const auto next = append_items(parameters, *page, into.body);
    into.body += "],\"next\":";
    json::writer tail(into.body);
    if (next) tail.string(encode_cursor({next->at, text_of(next->id)}, parameters.binding));
    else tail.null();
    if (parameters.wants_total) {
        auto all = count_events(session, parameters.conditions);
        if (!all) return all.error();
        tail.key("total").integer(*all);
    }
    into.body += '}';
    return {};
}

std::optional<problem> check_event_count(const operation& what, call& request) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, {});
    auto parsed = std::make_unique<list_input>();
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> answer_event_count(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto all = count_events(session, static_cast<const list_input&>(*request.parsed).conditions);
    if (!all) return all.error();
    json::writer(into.body).begin_object().key("count").integer(*all).end_object();
    return {};
}

}  // namespace

operation event_list_operation() {
    operation made = list_operation(events());
    made.check = check_event_list;
    made.read = answer_event_list;
    made.has_rows = true;
    made.parameters.push_back({"fields", R"({"type":"string"})", false,
                               "Of rows (NDJSON, CSV): columns and paths, with commas between them."});
    made.parameters.push_back({"after", R"({"type":"string","format":"uuid"})", false,
                               "Of rows: the event behind which to go on, in the order of receipt."});
    return made;
}

operation event_count_operation() {
    operation made = count_operation(events());
    made.check = check_event_count;
    made.read = answer_event_count;
    return made;
}

}  // namespace carrel::siem
