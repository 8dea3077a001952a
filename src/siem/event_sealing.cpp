#include "siem/event_sealing.hpp"

#include "siem/loose_events.hpp"
#include "siem/segment_scan.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace carrel::siem {

namespace {

struct fresh_segment {
    std::int64_t seq, events, bytes;
};
using fresh_run = std::span<const fresh_segment>;

// Neighbours of fewer than `below` events are put together once `count` of them have `from` or more, so each event is
// written again a few times at most, however small the requests were.
struct tier {
    std::int64_t from, below, count;
};
constexpr std::array<tier, 2> tiers = {{{0, 64, 64}, {64, 1024, 16}}};

constexpr std::size_t run_segments_max = 1024;

// How many of the first segments fill a sealed one; none if all do not.
std::size_t large_part(fresh_run run) {
    std::int64_t events = 0, bytes = 0;
    for (std::size_t i = 0; i < std::min(run.size(), run_segments_max); ++i) {
        events += run[i].events;
        bytes += run[i].bytes;
        if (events >= static_cast<std::int64_t>(segments::sealed_format.events_max) ||
            bytes >= static_cast<std::int64_t>(segments::sealed_format.bytes_max))
            return i + 1;
    }
    return 0;
}

// The first neighbours that a tier puts together; nothing if there are none.
fresh_run part_of_tier(fresh_run run, const tier& of) {
    for (std::size_t begin = 0; begin < run.size();) {
        const auto ends = [&](const fresh_segment& each) { return each.events >= of.below; };
        const auto rest = run.subspan(begin);
        const auto length = static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), ends) - rest.begin());
        const auto found = rest.first(std::min(length, run_segments_max));
        const auto count =
            std::count_if(found.begin(), found.end(), [&](const auto& each) { return each.events >= of.from; });
        if (count >= of.count) return found;
        begin += length + 1;
    }
    return {};
}

struct choice {
    std::vector<std::int64_t> segments;
    const segments::segment_format* format = &segments::fresh_format;
    bool leaves_rest = true;
};

choice choice_of(fresh_run run, const segments::segment_format& format, bool leaves_rest) {
    choice made{{}, &format, leaves_rest};
    for (const auto& each : run) made.segments.push_back(each.seq);
    return made;
}

// What to do with neighbours; `is_enclosed`: they are before a sealed segment, so no more will come to them.
choice choose_of(fresh_run run, bool is_enclosed) {
    if (const std::size_t large = large_part(run); large > 0)
        return choice_of(run.first(large), segments::sealed_format, true);
    if (is_enclosed) return choice_of(run, segments::sealed_format, false);
    for (const tier& each : tiers)
        if (const auto small = part_of_tier(run, each); !small.empty())
            return choice_of(small, segments::fresh_format, true);
    return {};
}

// Whether any segment is between two that are neighbours among the fresh.
result<bool> is_parted(read_session& session, std::int64_t before, std::int64_t behind) {
    if (behind == before + 1) return false;
    auto found =
        session.first_integer("SELECT 1 FROM event_segments WHERE seq > ? AND seq < ? LIMIT 1", before, behind);
    if (!found) return found.error();
    return found->has_value();
}

result<choice> choose(read_session& session) {
    auto fresh =
        session.all<fresh_segment>("SELECT seq, events, bytes FROM event_segments WHERE sealed = 0 ORDER BY seq");
    if (!fresh) return fresh.error();
    const fresh_run all(*fresh);
    auto last = session.first_integer("SELECT max(seq) FROM event_segments");
    if (!last) return last.error();
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin + 1;
        bool is_enclosed = false;
        for (; end < all.size(); ++end) {
            auto parted = is_parted(session, all[end - 1].seq, all[end].seq);
            if (!parted) return parted.error();
            is_enclosed = *parted;
            if (is_enclosed) break;
        }
        is_enclosed = is_enclosed || *last != all[end - 1].seq;
        choice found = choose_of(all.subspan(begin, end - begin), is_enclosed);
        if (!found.segments.empty()) return found;
        begin = end;
    }
    return choice();
}

result<segment_source> source_of(read_session& session, std::int64_t seq) {
    auto found = session.first<segment_source>(
        "SELECT seq, events, first, last FROM event_segments JOIN segment_positions ON segment = seq WHERE seq = ?",
        seq);
    if (!found) return found.error();
    if (!*found)
        return error(make_error_code(sqlite_errc::corrupt),
                     "segment " + std::to_string(seq) + " of the events has no positions");
    return **found;
}

result<void> collect(segment_scan& scan, segment_collector& into) {
    auto positions = scan.positions();
    if (!positions) return positions.error();
    for (std::size_t i = 0; i < scan.columns().events(); ++i) {
        auto head = scan.head(i);
        if (!head) return head.error();
        auto text = scan.text(i);
        if (!text) return text.error();
        into.add(*head, *text, (*positions)[i]);
    }
    return {};
}

// A deletion knows rows by their numbers, and would take them for later events once they are in segments.
result<bool> may_move_rows(write_session& session) {
    auto found = session.first_integer("SELECT 1 FROM event_deletions WHERE state <> 2 AND has_rows = 1 LIMIT 1");
    if (!found) return found.error();
    return !found->has_value();
}

result<bool> take_out_all(write_session& session, const sealed_run& run) {
    for (const segment_source& each : run.sources) {
        auto taken = take_out(session, each);
        if (!taken || !*taken) return taken;
    }
    if (run.rows == 0) return true;
    auto may_move = may_move_rows(session);
    if (!may_move || !*may_move) return may_move;
    const std::int64_t before = session.changes();
    if (auto done = session.execute("DELETE FROM events WHERE seq <= ?", run.last_row); !done) return done.error();
    return session.changes() == before + run.rows;
}

// Under the last numbers of those that they replace, so that the order stays that of the positions.
result<void> insert_in_place(write_session& session, const sealed_run& run) {
    if (run.made.size() > run.sources.size())
        return error(make_error_code(siem_errc::refused), "more segments than were put together");
    const std::size_t first = run.sources.size() - run.made.size();
    for (std::size_t i = 0; i < run.made.size(); ++i) {
        auto done = insert_segment(session, run.made[i].content, segments::pack_positions(run.made[i].positions),
                                   run.sources[first + i].seq);
        if (!done) return done;
    }
    return {};
}

result<void> insert_behind(write_session& session, const sealed_run& run) {
    auto next = take_positions(session, run.rows);
    if (!next) return next.error();
    for (const made_segment& each : run.made) {
        auto done = insert_segment(session, each.content, segments::positions_from(*next, each.content.events));
        if (!done) return done;
        *next += each.content.events;
    }
    return {};
}

}  // namespace

result<std::optional<sealed_run>> seal_segments(read_session& session) {
    auto chosen = choose(session);
    if (!chosen) return chosen.error();
    if (chosen->segments.empty()) return std::optional<sealed_run>();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    segment_collector into(*chosen->format, chosen->leaves_rest);
    sealed_run run;
    for (const std::int64_t seq : chosen->segments) {
        if (auto on = session.check_interrupt(); !on) return on.error();
        auto source = source_of(session, seq);
        if (!source) return source.error();
        run.sources.push_back(*source);
        if (auto read = scan->read(seq); !read) return read.error();
        if (auto done = collect(*scan, into); !done) return done.error();
    }
    run.events = into.events();
    run.made = into.finish();
    return std::optional(std::move(run));
}

result<std::optional<sealed_run>> seal_rows(read_session& session) {
    auto rows =
        session.prepare(read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, severity, "
                                 "fields, seq FROM events ORDER BY seq"));
    if (!rows) return rows.error();
    segment_collector into(segments::sealed_format, true);
    std::int64_t last = 0, count = 0;
    std::size_t bytes = 0;
    const auto is_enough = [&] {
        return count >= static_cast<std::int64_t>(segments::sealed_format.events_max) ||
               bytes >= segments::sealed_format.bytes_max;
    };
    while (!is_enough()) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        const auto head = loose_head(*rows);
        if (!head) return error(make_error_code(sqlite_errc::corrupt), "the id of a stored event is not a UUID");
        const std::string_view fields = rows->text(8);
        into.add(*head, fields, 0);
        last = rows->integer(9);
        bytes += fields.size();
        ++count;
    }
    if (count == 0) return std::optional<sealed_run>();
    sealed_run run;
    run.events = into.events();
    run.made = into.finish();
    run.last_row = last;
    run.rows = count;
    return std::optional(std::move(run));
}

result<bool> replace(write_session& session, const sealed_run& run) {
    bool is_whole = true;
    auto done = session.attempt([&]() -> result<void> {
        auto taken = take_out_all(session, run);
        if (!taken) return taken.error();
        is_whole = *taken;
        if (!is_whole) return error(make_error_code(siem_errc::refused));
        return run.rows > 0 ? insert_behind(session, run) : insert_in_place(session, run);
    });
    if (!is_whole) return false;
    if (!done) return done.error();
    return true;
}

}  // namespace carrel::siem
