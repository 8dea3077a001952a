#include "json/writer.hpp"
#include "resource/cursor.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_cost.hpp"
#include "siem/event_page.hpp"
#include "siem/event_tally.hpp"
#include "siem/events.hpp"
#include "siem/loose_events.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 4> list_only = {"limit", "cursor", "sort", "count"};

struct list_input : input {
    event_conditions conditions;
    direction order = direction::newest_first;
    std::int64_t limit = 50;
    bool wants_total = false;
    std::optional<event_place> after;
    std::string binding;
    std::uint64_t cost_key = 0;
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

// The times that a page can have: those of the filters, and behind the last page.
time_range range_of(const list_input& asked) {
    time_range range = asked.conditions.range;
    if (!asked.after) return range;
    if (asked.order == direction::newest_first)
        range.to = std::min(range.to.value_or(asked.after->at + 1), asked.after->at + 1);
    else range.from = std::max(range.from.value_or(asked.after->at), asked.after->at);
    return range;
}

// Offers a segment's events to a page. They are looked at in the order of arrival, which is mostly that of time, so that
// each frame is unpacked once.
result<void> offer(segment_scan& scan, const segment_header& header, const list_input& asked, text_test& test,
                   event_page& page) {
    auto places = scan.passing(asked.conditions, asked.conditions.range.holds_all(header.from_at, header.to_at));
    if (!places) return places.error();
    if (places->empty()) return {};
    auto times = scan.times();
    if (!times) return times.error();
    auto ids = scan.ids();
    if (!ids) return ids.error();
    if (asked.order == direction::newest_first) std::reverse(places->begin(), places->end());
    for (const std::uint32_t place : *places) {
        const event_place at{(*times)[place], (*ids)[place]};
        if ((asked.after && !precedes(*asked.after, at, asked.order)) || !page.takes(at)) continue;
        event_page::entry entry{header.seq, place, {}};
        if (asked.conditions.look_at_text()) {
            auto passes = scan.passes(place, test);
            if (!passes) return passes.error();
            if (!*passes) continue;
            if (auto made = scan.append_event(place, entry.json); !made) return made;
        }
        page.add(at, std::move(entry));
    }
    return {};
}

result<void> fill_from_segments(read_session& session, const list_input& asked, event_page& page) {
    auto list = segment_list::open(session, range_of(asked), asked.order);
    if (!list) return list.error();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    text_test test(asked.conditions);
    for (;;) {
        auto header = list->next();
        if (!header) return header.error();
        if (!*header) return {};
        const bool is_newest_first = asked.order == direction::newest_first;
        if (page.is_past(is_newest_first ? (*header)->to_at : (*header)->from_at)) return {};
        auto may_pass = scan->may_pass(**header, asked.conditions);
        if (!may_pass) return may_pass.error();
        if (!*may_pass) continue;
        if (auto read = scan->read((*header)->seq); !read) return read;
        if (auto done = offer(*scan, **header, asked, test, page); !done) return done;
    }
}

result<void> fill_from_loose(read_session& session, const list_input& asked, event_page& page) {
    return each_loose_event(session, asked.conditions, asked.order, asked.after,
                            [&](const segments::event_head& head, std::string_view fields) {
                                const event_place at{head.at, head.id};
                                if (!page.takes(at)) return false;
                                event_page::entry entry;
                                append_event(head, fields, entry.json);
                                page.add(at, std::move(entry));
                                return true;
                            });
}

// Makes the JSON that is still to be made, so that each segment is read once and each of its frames unpacked once.
result<void> write_events(read_session& session, event_page& page) {
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    std::int64_t open = 0;
    for (const auto& [at, entry] : page.unwritten()) {
        if (!page.holds(at)) continue;
        if (entry.segment != open) {
            if (auto on = session.check_interrupt(); !on) return on;
            if (auto read = scan->read(entry.segment); !read) return read;
            open = entry.segment;
        }
        std::string json;
        if (auto made = scan->append_event(entry.event, json); !made) return made;
        page.write(at, std::move(json));
    }
    return {};
}

// Appends the items; where the last one stands if there are more.
std::optional<event_place> append_items(const list_input& asked, const event_page& page, std::string& body) {
    std::int64_t written = 0;
    for (const auto& [at, entry] : page.entries()) {
        if (written > 0) body += ',';
        body += entry.json;
        const bool is_last = ++written == asked.limit || body.size() >= page_bytes_max;
        const bool has_more = page.was_cut() || page.entries().size() > static_cast<std::size_t>(written);
        if (is_last) return has_more ? std::optional(at) : std::nullopt;
    }
    return page.was_cut() ? std::optional(page.entries().rbegin()->first) : std::nullopt;
}

std::optional<problem> check_event_list(const operation& what, call& request) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, list_only);
    auto parsed = std::make_unique<list_input>();
    for (fault& wrong : read_list_parameters(request.query, *parsed)) faults.push_back(std::move(wrong));
    parsed->conditions = read_event_conditions(request.query);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    parsed->binding =
        (parsed->order == direction::newest_first ? "event\n-\n" : "event\n\n") + parsed->conditions.canonical;
    if (const auto cursor = parameter(request.query, "cursor"); cursor && faults.empty()) {
        parsed->after = place_of(*cursor, parsed->binding);
        if (!parsed->after)
            faults.push_back({"cursor", 0, "is not a cursor of a list with this sort and these filters"});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    parsed->cost_key = cost_key(what, request, parsed->conditions.range);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> list_events(const operation&, read_session& session, const call& request, reply& into) {
    const auto& asked = static_cast<const list_input&>(*request.parsed);
    into.clear();
    if (auto allowed = expect_cost(session, asked.cost_key); !allowed) return allowed;
    event_page page(asked.order, static_cast<std::size_t>(asked.limit));
    if (auto done = fill_from_loose(session, asked, page); !done) return done;
    if (auto done = fill_from_segments(session, asked, page); !done) return done;
    if (auto done = write_events(session, page); !done) return done;
    into.body = "{\"items\":[";
    const auto next = append_items(asked, page, into.body);
    into.body += "],\"next\":";
    json::writer tail(into.body);
    if (next) tail.string(encode_cursor({next->at, text_of(next->id)}, asked.binding));
    else tail.null();
    if (asked.wants_total) {
        auto all = count_events(session, asked.conditions);
        if (!all) return all.error();
        tail.key("total").integer(*all);
    }
    into.body += '}';
    return {};
}

std::optional<problem> check_event_count(const operation& what, call& request) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, {});
    auto parsed = std::make_unique<list_input>();
    parsed->conditions = read_event_conditions(request.query);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    parsed->cost_key = cost_key(what, request, parsed->conditions.range);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> answer_event_count(const operation&, read_session& session, const call& request, reply& into) {
    const auto& asked = static_cast<const list_input&>(*request.parsed);
    into.clear();
    if (auto allowed = expect_cost(session, asked.cost_key); !allowed) return allowed;
    auto all = count_events(session, asked.conditions);
    if (!all) return all.error();
    json::writer(into.body).begin_object().key("count").integer(*all).end_object();
    return {};
}

}  // namespace

operation event_list_operation() {
    operation made = list_operation(events());
    made.check = check_event_list;
    made.read = list_events;
    return made;
}

operation event_count_operation() {
    operation made = count_operation(events());
    made.check = check_event_count;
    made.read = answer_event_count;
    return made;
}

}  // namespace carrel::siem
