#include "siem/event_retention.hpp"

namespace carrel::siem {

namespace {

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;

result<statement> outlines(read_session& session, std::string_view rest) {
    const std::string sql = "SELECT " + std::string(outline_columns) + " FROM event_segments " + std::string(rest);
    return session.prepare(read_sql::dynamic(sql));
}

result<std::int64_t> stored_bytes(read_session& session) {
    auto found = session.first_integer(
        "SELECT sum(length(columns) + length(filter) + length(data)) FROM event_segments WHERE true");
    if (!found) return found.error();
    return found->value_or(0);
}

}  // namespace

result<removal_step> plan_by_age(read_session& session, timestamp limit) {
    auto rows = outlines(session,
                         "INDEXED BY event_segments_by_begin JOIN segment_positions ON segment = seq WHERE from_at < ? "
                         "ORDER BY from_at");
    if (!rows) return rows.error();
    rows->bind(limit);
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    removal wanted;
    wanted.range.to = limit;
    removal_step step;
    while (!step.is_full()) {
        auto more = rows->step();
        if (!more) return more.error();
        step.is_last = !*more;
        if (step.is_last) break;
        const auto about = outline_of(*rows);
        if (about.to_at >= limit && about.from_at >= limit - day) continue;
        if (auto done = add_segment(session, *scan, about, wanted, step); !done) return done.error();
    }
    return step;
}

result<removal_step> plan_by_size(read_session& session, std::int64_t bytes) {
    auto held = stored_bytes(session);
    if (!held) return held.error();
    removal_step step;
    std::int64_t excess = *held - bytes;
    step.is_last = excess <= 0;
    if (step.is_last) return step;
    auto rows = outlines(
        session, "INDEXED BY event_segments_by_end JOIN segment_positions ON segment = seq WHERE true ORDER BY to_at");
    if (!rows) return rows.error();
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    while (excess > 0 && !step.is_full()) {
        auto more = rows->step();
        if (!more) return more.error();
        step.is_last = !*more;
        if (step.is_last) break;
        const auto about = outline_of(*rows);
        const std::int64_t deleted = step.deleted;
        if (auto done = add_segment(session, *scan, about, {}, step); !done) return done.error();
        if (step.deleted > deleted) excess -= about.stored_bytes;
    }
    return step;
}

}  // namespace carrel::siem
