#include "siem/event_sealing.hpp"

#include "query/tokens.hpp"
#include "segments/segment_builder.hpp"
#include "siem/event_store.hpp"
#include "siem/loose_events.hpp"
#include "siem/segment_scan.hpp"
#include "sqlite/failpoints.hpp"

#include <array>
#include <limits>
#include <utility>

namespace carrel::siem {

namespace {

// Fresh segments of fewer than `events` are put together once there are `count` of them, so each event is written again
// a few times at most, however small the requests were.
struct tier {
    std::int64_t events, count;
};
constexpr std::array<tier, 2> tiers = {{{64, 64}, {1024, 16}}};

constexpr std::int64_t run_segments_max = 1024;

struct run_size {
    std::int64_t segments = 0, events = 0, bytes = 0;
    // A sealed segment would be full.
    bool is_large() const noexcept {
        return events >= static_cast<std::int64_t>(segments::sealed_format.events_max) ||
               bytes >= static_cast<std::int64_t>(segments::sealed_format.bytes_max);
    }
};

// Collects events into segments of one format.
class collector {
public:
    explicit collector(const segments::segment_format& format)
        : builder_(format) {}

    void add(const segments::event_head& head, std::string_view text) {
        if (++events_ == 11 && failpoints::is_set(failpoint::seal_drops_event)) return;
        tokens_.for_each_token(text, [this](std::uint64_t token) { builder_.tokens().add(token); });
        builder_.add(head, text);
        if (builder_.is_full()) made_.push_back(builder_.finish());
    }
    sealed_run finish() {
        if (builder_.events() > 0) {
            made_.push_back(builder_.finish());
            made_.back().is_sealed = false;  // what did not fill a segment waits for more
        }
        sealed_run run;
        run.events = events_;
        run.made = std::move(made_);
        return run;
    }

private:
    segments::segment_builder builder_;
    query::token_reader tokens_;
    std::int64_t events_ = 0;
    std::vector<segments::segment> made_;
};

// The oldest fresh segments of fewer than `events_below` events, until they are `enough`.
template <class Enough>
result<std::vector<std::int64_t>> oldest_fresh(read_session& session, std::int64_t events_below, Enough enough) {
    std::vector<std::int64_t> run;
    run_size size;
    auto done = session.each<std::tuple<std::int64_t, std::int64_t, std::int64_t>>(
        "SELECT seq, events, bytes FROM event_segments WHERE sealed = 0 AND events < ? ORDER BY seq", events_below,
        [&](const std::tuple<std::int64_t, std::int64_t, std::int64_t>& row) {
            run.push_back(std::get<0>(row));
            ++size.segments;
            size.events += std::get<1>(row);
            size.bytes += std::get<2>(row);
            return !size.is_large() && size.segments < run_segments_max;
        });
    if (!done) return done.error();
    if (!enough(size)) run.clear();
    return run;
}

struct choice {
    std::vector<std::int64_t> segments;
    const segments::segment_format* format = &segments::fresh_format;
};

result<choice> choose(read_session& session) {
    for (const tier& each : tiers) {
        auto small = oldest_fresh(session, each.events, [&](const run_size& size) {
            return size.segments >= each.count && !size.is_large();
        });
        if (!small) return small.error();
        if (!small->empty()) return choice{std::move(*small), &segments::fresh_format};
    }
    auto run = oldest_fresh(session, std::numeric_limits<std::int64_t>::max(),
                            [](const run_size& size) { return size.is_large(); });
    if (!run) return run.error();
    return choice{std::move(*run), &segments::sealed_format};
}

result<void> collect(segment_scan& scan, collector& into) {
    for (std::size_t i = 0; i < scan.columns().events(); ++i) {
        auto head = scan.head(i);
        if (!head) return head.error();
        auto text = scan.text(i);
        if (!text) return text.error();
        into.add(*head, *text);
    }
    return {};
}

result<bool> deleted_all(write_session& session, const sealed_run& run) {
    auto row = session.prepare(write_sql("DELETE FROM event_segments WHERE seq = ?"));
    if (!row) return row.error();
    for (const std::int64_t seq : run.segments) {
        const std::int64_t before = session.changes();
        if (auto done = row->bind(seq).run(); !done) return done.error();
        if (session.changes() != before + 1) return false;
    }
    if (run.rows == 0) return true;
    const std::int64_t before = session.changes();
    if (auto done = session.execute("DELETE FROM events WHERE seq <= ?", run.last_row); !done) return done.error();
    return session.changes() == before + run.rows;
}

}  // namespace

result<std::optional<sealed_run>> seal_segments(read_session& session) {
    auto chosen = choose(session);
    if (!chosen) return chosen.error();
    if (chosen->segments.empty()) return std::optional<sealed_run>();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    collector into(*chosen->format);
    for (const std::int64_t seq : chosen->segments) {
        if (auto on = session.check_interrupt(); !on) return on.error();
        if (auto read = scan->read(seq); !read) return read.error();
        if (auto done = collect(*scan, into); !done) return done.error();
    }
    sealed_run run = into.finish();
    run.segments = std::move(chosen->segments);
    return std::optional(std::move(run));
}

result<std::optional<sealed_run>> seal_rows(read_session& session) {
    auto rows =
        session.prepare(read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, severity, "
                                 "fields, seq FROM events ORDER BY seq"));
    if (!rows) return rows.error();
    collector into(segments::sealed_format);
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
        into.add(*head, fields);
        last = rows->integer(9);
        bytes += fields.size();
        ++count;
    }
    if (count == 0) return std::optional<sealed_run>();
    sealed_run run = into.finish();
    run.last_row = last;
    run.rows = count;
    return std::optional(std::move(run));
}

result<bool> replace(write_session& session, const sealed_run& run) {
    bool is_whole = true;
    auto done = session.attempt([&]() -> result<void> {
        auto deleted = deleted_all(session, run);
        if (!deleted) return deleted.error();
        is_whole = *deleted;
        if (!is_whole) return error(make_error_code(siem_errc::refused));
        for (const segments::segment& each : run.made)
            if (auto inserted = insert_segment(session, each); !inserted) return inserted;
        return {};
    });
    if (!is_whole) return false;
    if (!done) return done.error();
    return true;
}

}  // namespace carrel::siem
