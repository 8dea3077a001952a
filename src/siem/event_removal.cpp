#include "siem/event_removal.hpp"

#include "resource/operation.hpp"
#include "siem/legal_hold.hpp"
#include "siem/segment_check.hpp"
#include "sqlite/failpoints.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t step_bytes_max = 1 << 20;
constexpr std::size_t step_pieces_max = 256;
constexpr int looks_max = 1024;

std::string_view text_of(blob_view bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_among(const std::vector<std::string>& sorted, const std::string& id) {
    return std::binary_search(sorted.begin(), sorted.end(), id);
}

// Which events of a segment stay.
struct verdict {
    std::vector<bool> stays;
    std::int64_t going = 0, held = 0;
};

result<verdict> judge(segment_scan& scan, const removal& wanted, const std::vector<std::string>& holds,
                      const std::vector<std::int64_t>& positions) {
    auto times = scan.times();
    if (!times) return times.error();
    auto ids = scan.ids();
    if (!ids) return ids.error();
    verdict made;
    made.stays.resize(positions.size(), true);
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (!wanted.range.holds((*times)[i]) || positions[i] >= wanted.before_position) continue;
        const bool is_held = !holds.empty() && is_among(holds, siem::text_of((*ids)[i]));
        made.stays[i] = is_held;
        if (!is_held) ++made.going;
        else if (positions[i] > wanted.after_position) ++made.held;
    }
    return made;
}

// Byte for byte, with their ids and positions.
result<made_segment> rest_of(read_session& session, segment_scan& scan, const verdict& judged,
                             const std::vector<std::int64_t>& positions, bool is_sealed) {
    segment_collector rest(segments::sealed_format, !is_sealed);
    bool loses_next = false;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (!judged.stays[i]) loses_next = failpoints::is_set(failpoint::cut_loses_neighbour);
        if (!judged.stays[i] || std::exchange(loses_next, false)) continue;
        auto head = scan.head(i);
        if (!head) return head.error();
        auto text = scan.text(i);
        if (!text) return text.error();
        rest.add(*head, *text, positions[i]);
        if (i % 256 == 0)
            if (auto on = session.check_interrupt(); !on) return on.error();
    }
    auto made = rest.finish();
    if (made.size() != 1) return error(make_error_code(siem_errc::refused), "a part of a segment is not one segment");
    return std::move(made.front());
}

result<void> add_cut(read_session& session, segment_scan& scan, const segment_outline& about, const removal& wanted,
                     removal_piece piece, removal_step& step) {
    if (auto read = scan.read(about.source.seq); !read) return read;
    auto positions = scan.positions();
    if (!positions) return positions.error();
    auto judged = judge(scan, wanted, piece.holds, *positions);
    if (!judged) return judged.error();
    step.held += judged->held;
    if (judged->going == 0) return {};
    step.deleted += judged->going;
    step.bytes += about.stored_bytes;
    if (judged->going < about.source.events) {
        auto rest = rest_of(session, scan, *judged, *positions, about.is_sealed);
        if (!rest) return rest.error();
        step.bytes += static_cast<std::int64_t>(rest->content.data.size()) + about.source.events * 256;
        piece.rest = std::move(*rest);
    }
    step.pieces.push_back(std::move(piece));
    return {};
}

// Nothing may be held that the plan did not know of.
result<bool> is_still_free(write_session& session, const removal_piece& piece) {
    auto holds = events_held(session, piece.from_id, piece.to_id);
    if (!holds) return holds.error();
    return std::includes(piece.holds.begin(), piece.holds.end(), holds->begin(), holds->end());
}

result<bool> apply_piece(write_session& session, const removal_piece& piece) {
    auto is_free = is_still_free(session, piece);
    if (!is_free || !*is_free) return is_free;
    auto taken = take_out(session, piece.source);
    if (!taken || !*taken) return taken;
    // Whoever keeps more of events than their segments (identities given by clients) forgets it here.
    if (!piece.rest) return true;
    auto done =
        insert_segment(session, piece.rest->content, segments::pack_positions(piece.rest->positions), piece.source.seq);
    if (!done) return done.error();
    return true;
}

}  // namespace

bool removal_step::is_full() const noexcept { return bytes >= step_bytes_max || pieces.size() >= step_pieces_max; }

segment_outline outline_of(const statement& row) {
    segment_outline made;
    made.source = {row.integer(0), row.integer(1), row.integer(2), row.integer(3)};
    made.is_sealed = row.integer(4) != 0;
    made.stored_bytes = row.integer(5);
    made.from_at = row.integer(6);
    made.to_at = row.integer(7);
    made.from_id = id_of_key(text_of(row.bytes(8)));
    made.to_id = id_of_key(text_of(row.bytes(9)));
    return made;
}

result<void> add_segment(read_session& session, segment_scan& scan, const segment_outline& about, const removal& wanted,
                         removal_step& step) {
    if (auto on = session.check_interrupt(); !on) return on;
    auto holds = events_held(session, about.from_id, about.to_id);
    if (!holds) return holds.error();
    removal_piece piece{about.source, about.from_id, about.to_id, std::move(*holds), {}};
    const bool goes_whole = piece.holds.empty() && wanted.range.holds_all(about.from_at, about.to_at) &&
                            about.source.last < wanted.before_position;
    if (!goes_whole) return add_cut(session, scan, about, wanted, std::move(piece), step);
    step.deleted += about.source.events;
    step.bytes += about.stored_bytes;
    step.pieces.push_back(std::move(piece));
    return {};
}

result<removal_step> plan_removal(read_session& session, const removal& wanted) {
    const std::string sql =
        "SELECT " + std::string(outline_columns) +
        " FROM segment_positions INDEXED BY segment_positions_by_last JOIN event_segments ON seq = segment "
        "WHERE last > ? AND first < ? AND to_at >= ? AND from_at < ? ORDER BY last";
    auto rows = session.prepare(read_sql::dynamic(sql));
    if (!rows) return rows.error();
    rows->bind(wanted.after_position, wanted.before_position,
               wanted.range.from.value_or(std::numeric_limits<timestamp>::min()),
               wanted.range.to.value_or(std::numeric_limits<timestamp>::max()));
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    removal_step step;
    step.after_position = wanted.after_position;
    for (int looks = 0; looks < looks_max && !step.is_full(); ++looks) {
        auto more = rows->step();
        if (!more) return more.error();
        step.is_last = !*more;
        if (step.is_last) break;
        const auto about = outline_of(*rows);
        if (auto done = add_segment(session, *scan, about, wanted, step); !done) return done.error();
        step.after_position = about.source.last;
    }
    return step;
}

result<bool> apply_removal(write_session& session, const removal_step& step) {
    bool is_whole = true;
    auto done = session.attempt([&]() -> result<void> {
        for (const removal_piece& each : step.pieces) {
            auto applied = apply_piece(session, each);
            if (!applied) return applied.error();
            is_whole = *applied;
            if (!is_whole) return error(make_error_code(siem_errc::refused));
        }
        return {};
    });
    if (!is_whole) return false;
    if (!done) return done.error();
    return true;
}

}  // namespace carrel::siem
