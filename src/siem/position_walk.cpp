#include "siem/position_walk.hpp"

#include <limits>

namespace carrel::siem {

result<position_walk> position_walk::open(read_session& session, const event_conditions& conditions, std::int64_t next,
                                          std::int64_t end) {
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    position_walk made(session, conditions, std::move(*scan));
    made.next_ = next;
    made.end_ = end;
    return made;
}

result<std::optional<position_walk::ahead>> position_walk::next_segment() {
    auto rows = session_->prepare(
        read_sql("SELECT seq, events, from_at, to_at, first, last FROM segment_positions "
                 "INDEXED BY segment_positions_by_last JOIN event_segments ON seq = segment "
                 "WHERE last >= ?1 AND first < ?2 AND to_at >= ?3 AND from_at < ?4 ORDER BY last LIMIT 1"));
    if (!rows) return rows.error();
    constexpr timestamp least = std::numeric_limits<timestamp>::min(), greatest = std::numeric_limits<timestamp>::max();
    const time_range& range = conditions_->range;
    auto found = rows->bind(next_, end_, range.from.value_or(least), range.to.value_or(greatest)).step();
    if (!found) return found.error();
    if (!*found) return std::optional<ahead>();
    return std::optional(ahead{
        {rows->integer(0), rows->integer(1), rows->integer(2), rows->integer(3)}, rows->integer(4), rows->integer(5)});
}

result<void> position_walk::visit_segment(const ahead& segment, const visitor& visit) {
    const segment_header& header = segment.header;
    auto may_pass = scan_.may_pass(header, *conditions_);
    if (!may_pass) return may_pass.error();
    if (!*may_pass) return {};
    if (auto done = scan_.read(header.seq); !done) return done;
    auto places = scan_.passing(*conditions_, conditions_->range.holds_all(header.from_at, header.to_at));
    if (!places) return places.error();
    std::vector<std::int64_t> positions;
    if (segment.first < next_ || segment.last >= end_) {
        auto read = scan_.positions();
        if (!read) return read.error();
        positions = std::move(*read);
    }
    for (const std::uint32_t place : *places) {
        if (!positions.empty() && (positions[place] < next_ || positions[place] >= end_)) continue;
        auto head = scan_.head(place);
        if (!head) return head.error();
        auto text = scan_.text(place);
        if (!text) return text.error();
        visit(*head, *text);
    }
    return {};
}

result<bool> position_walk::step(const visitor& visit) {
    auto segment = next_segment();
    if (!segment) return segment.error();
    if (!*segment) return false;
    if (auto done = visit_segment(**segment, visit); !done) return done.error();
    next_ = (*segment)->last + 1;
    return true;
}

}  // namespace carrel::siem
