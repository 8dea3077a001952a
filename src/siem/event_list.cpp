#include "siem/event_list.hpp"

#include "siem/loose_events.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

// The times that a page can have: those of the filters, and behind the last page.
time_range range_of(const event_list_request& parameters) {
    time_range range = parameters.conditions.range;
    if (!parameters.after) return range;
    if (parameters.order == direction::newest_first)
        range.to = std::min(range.to.value_or(parameters.after->at + 1), parameters.after->at + 1);
    else range.from = std::max(range.from.value_or(parameters.after->at), parameters.after->at);
    return range;
}

result<void> append(segment_scan& scan, std::size_t event, const event_writer& write, std::string& out) {
    auto head = scan.head(event);
    if (!head) return head.error();
    auto text = scan.text(event);
    if (!text) return text.error();
    write(*head, *text, out);
    return {};
}

// Offers a segment's events to a page. They are looked at in the order of arrival, which is mostly that of time, so that
// each frame is unpacked once.
result<void> offer(segment_scan& scan, const segment_header& header, const event_list_request& parameters,
                   text_test& test, const event_writer& write, event_page& page) {
    auto places =
        scan.passing(parameters.conditions, parameters.conditions.range.holds_all(header.from_at, header.to_at));
    if (!places) return places.error();
    if (places->empty()) return {};
    auto times = scan.times();
    if (!times) return times.error();
    auto ids = scan.ids();
    if (!ids) return ids.error();
    if (parameters.order == direction::newest_first) std::reverse(places->begin(), places->end());
    for (const std::uint32_t place : *places) {
        const event_place at{(*times)[place], (*ids)[place]};
        if ((parameters.after && !precedes(*parameters.after, at, parameters.order)) || !page.takes(at)) continue;
        event_page::entry entry{header.seq, place, {}};
        if (parameters.conditions.look_at_text()) {
            auto passes = scan.passes(place, test);
            if (!passes) return passes.error();
            if (!*passes) continue;
            if (auto made = append(scan, place, write, entry.json); !made) return made;
        }
        page.add(at, std::move(entry));
    }
    return {};
}

result<void> fill_from_segments(read_session& session, const event_list_request& parameters, const event_writer& write,
                                event_page& page) {
    auto list = segment_list::open(session, range_of(parameters), parameters.order);
    if (!list) return list.error();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    text_test test(parameters.conditions);
    for (;;) {
        auto header = list->next();
        if (!header) return header.error();
        if (!*header) return {};
        const bool is_newest_first = parameters.order == direction::newest_first;
        if (page.is_past(is_newest_first ? (*header)->to_at : (*header)->from_at)) return {};
        auto may_pass = scan->may_pass(**header, parameters.conditions);
        if (!may_pass) return may_pass.error();
        if (!*may_pass) continue;
        if (auto read = scan->read((*header)->seq); !read) return read;
        if (auto done = offer(*scan, **header, parameters, test, write, page); !done) return done;
    }
}

result<void> fill_from_loose(read_session& session, const event_list_request& parameters, const event_writer& write,
                             event_page& page) {
    return each_loose_event(session, parameters.conditions, parameters.order, parameters.after,
                            [&](const segments::event_head& head, std::string_view fields) {
                                const event_place at{head.at, head.id};
                                if (!page.takes(at)) return false;
                                event_page::entry entry;
                                write(head, fields, entry.json);
                                page.add(at, std::move(entry));
                                return true;
                            });
}

// Makes the JSON that is still to be made, so that each segment is read once and each of its frames unpacked once.
result<void> write_events(read_session& session, const event_writer& write, event_page& page) {
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
        if (auto made = append(*scan, entry.event, write, json); !made) return made;
        page.write(at, std::move(json));
    }
    return {};
}

}  // namespace

result<event_page> list_events(read_session& session, const event_list_request& parameters, const event_writer& write) {
    event_page page(parameters.order, static_cast<std::size_t>(parameters.limit));
    if (auto done = fill_from_loose(session, parameters, write, page); !done) return done.error();
    if (auto done = fill_from_segments(session, parameters, write, page); !done) return done.error();
    if (auto done = write_events(session, write, page); !done) return done.error();
    return page;
}

}  // namespace carrel::siem
