#include "siem/event_walk.hpp"

#include "siem/loose_events.hpp"

#include <carrel/cost.hpp>

namespace carrel::siem {

namespace {

class counter final : public event_visitor {
public:
    bool take_unread(const segment_header&, std::int64_t events) override {
        count += events;
        return true;
    }
    result<void> take_from(segment_scan&, const segment_header&, std::span<const std::uint32_t> places) override {
        count += static_cast<std::int64_t>(places.size());
        return {};
    }
    void take(const segments::event_head&, std::string_view) override { ++count; }

    std::int64_t count = 0;
};

// Hands on those that pass by their text, frame by frame: the visitor may want the texts, too, while they are unpacked.
result<void> take_tested(segment_scan& scan, const segment_header& header, std::span<const std::uint32_t> places,
                         text_test& test, event_visitor& visitor) {
    std::vector<std::uint32_t> passed;
    for (std::size_t i = 0; i < places.size();) {
        auto end = scan.frame_end(places[i]);
        if (!end) return end.error();
        passed.clear();
        for (; i < places.size() && places[i] < *end; ++i) {
            auto passes = scan.passes(places[i], test);
            if (!passes) return passes.error();
            if (*passes) passed.push_back(places[i]);
        }
        if (passed.empty()) continue;
        if (auto done = visitor.take_from(scan, header, passed); !done) return done;
    }
    return {};
}

result<void> take_segment(segment_scan& scan, const segment_header& header, const event_conditions& conditions,
                          text_test& test, event_visitor& visitor) {
    auto places = scan.passing(conditions, conditions.range.holds_all(header.from_at, header.to_at));
    if (!places) return places.error();
    if (places->empty()) return {};
    if (conditions.look_at_text()) return take_tested(scan, header, *places, test, visitor);
    return visitor.take_from(scan, header, *places);
}

// The one text column that has a condition; nothing if there are several or none.
std::optional<segments::column> only_column(const event_conditions& conditions) {
    std::optional<segments::column> found;
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        if (conditions.texts[i].empty()) continue;
        if (found) return std::nullopt;
        found = static_cast<segments::column>(i);
    }
    return found;
}

// Hands over the events of a segment that pass by its summary alone, if the conditions are none or of one column. False if
// more must be read.
result<bool> take_by_summary(segment_scan& scan, const segment_header& header, const event_conditions& conditions,
                             event_visitor& visitor) {
    const auto filtered = only_column(conditions), taken = visitor.takes_texts_of();
    if ((!filtered && conditions.look_at_columns()) || (!filtered && !taken)) return false;
    auto texts = scan.texts_of(filtered ? *filtered : *taken);
    if (!texts) return texts.error();
    const auto marks =
        filtered ? (*texts)->marks_of(conditions.texts[*filtered]) : std::vector<std::uint8_t>((*texts)->size() + 1, 1);
    if (!taken) return visitor.take_unread(header, (*texts)->events_of(marks));
    if (filtered && filtered != taken) return false;
    visitor.take_texts(**texts, marks);
    return true;
}

}  // namespace

result<void> event_visitor::take_from(segment_scan& scan, const segment_header&,
                                      std::span<const std::uint32_t> places) {
    const bool needs_text = looks_at_text();
    for (const std::uint32_t place : places) {
        auto head = scan.head(place);
        if (!head) return head.error();
        std::string_view fields;
        if (needs_text) {
            auto text = scan.text(place);
            if (!text) return text.error();
            fields = *text;
        }
        take(*head, fields);
    }
    return {};
}

result<void> visit_events(read_session& session, const event_conditions& conditions, event_visitor& visitor) {
    if (auto allowed = expect_cost(session, conditions.cost_key); !allowed) return allowed;
    auto done = each_loose_event(session, conditions, direction::newest_first, {}, [&](const auto& head, auto fields) {
        visitor.take(head, fields);
        return true;
    });
    if (!done) return done;
    auto list = segment_list::open(session, conditions.range, direction::newest_first);
    if (!list) return list.error();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    text_test test(conditions);
    for (;;) {
        auto header = list->next();
        if (!header) return header.error();
        if (!*header) return {};
        const bool is_whole =
            !conditions.look_at_text() && conditions.range.holds_all((*header)->from_at, (*header)->to_at);
        if (is_whole && !conditions.look_at_columns() && visitor.take_unread(**header, (*header)->events)) continue;
        auto may_pass = scan->may_pass(**header, conditions);
        if (!may_pass) return may_pass.error();
        if (!*may_pass) continue;
        auto taken_unread = is_whole ? take_by_summary(*scan, **header, conditions, visitor) : result<bool>(false);
        if (!taken_unread) return taken_unread.error();
        if (*taken_unread) continue;
        if (auto read = scan->read((*header)->seq); !read) return read;
        if (auto taken = take_segment(*scan, **header, conditions, test, visitor); !taken) return taken;
    }
}

result<std::int64_t> count_events(read_session& session, const event_conditions& conditions) {
    counter all;
    if (auto done = visit_events(session, conditions, all); !done) return done.error();
    return all.count;
}

}  // namespace carrel::siem
