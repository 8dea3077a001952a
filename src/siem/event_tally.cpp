#include "siem/event_tally.hpp"

#include "siem/loose_events.hpp"

namespace carrel::siem {

namespace {

class counter final : public event_tally {
public:
    bool take_all(const segment_header&, std::int64_t events) override {
        count += events;
        return true;
    }
    void take(timestamp) override { ++count; }
    std::int64_t count = 0;
};

result<void> tally_segment(segment_scan& scan, const segment_header& header, const event_conditions& conditions,
                           text_test& test, event_tally& tally) {
    auto places = scan.passing(conditions, conditions.range.holds_all(header.from_at, header.to_at));
    if (!places) return places.error();
    if (places->empty()) return {};
    if (!conditions.look_at_text() && tally.take_all(header, static_cast<std::int64_t>(places->size()))) return {};
    auto times = scan.times();
    if (!times) return times.error();
    for (const std::uint32_t place : *places) {
        if (conditions.look_at_text()) {
            auto passes = scan.passes(place, test);
            if (!passes) return passes.error();
            if (!*passes) continue;
        }
        tally.take((*times)[place]);
    }
    return {};
}

}  // namespace

result<void> tally_events(read_session& session, const event_conditions& conditions, event_tally& tally) {
    auto done = each_loose_event(session, conditions, direction::newest_first, {}, [&](const auto& head, auto) {
        tally.take(head.at);
        return true;
    });
    if (!done) return done;
    auto list = segment_list::open(session, conditions.range, direction::newest_first);
    if (!list) return list.error();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    text_test test(conditions);
    const bool looks_inside = conditions.look_at_columns() || conditions.look_at_text();
    for (;;) {
        auto header = list->next();
        if (!header) return header.error();
        if (!*header) return {};
        const bool is_whole = !looks_inside && conditions.range.holds_all((*header)->from_at, (*header)->to_at);
        if (is_whole && tally.take_all(**header, (*header)->events)) continue;
        auto may_pass = scan->may_pass(**header, conditions);
        if (!may_pass) return may_pass.error();
        if (!*may_pass) continue;
        if (auto read = scan->read((*header)->seq); !read) return read;
        if (auto tallied = tally_segment(*scan, **header, conditions, test, tally); !tallied) return tallied;
    }
}

result<std::int64_t> count_events(read_session& session, const event_conditions& conditions) {
    counter all;
    if (auto done = tally_events(session, conditions, all); !done) return done.error();
    return all.count;
}

}  // namespace carrel::siem
