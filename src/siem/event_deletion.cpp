#include "siem/event_deletion.hpp"

#include "siem/legal_hold.hpp"

#include <tuple>
#include <vector>

namespace carrel::siem {

namespace {

constexpr std::int64_t rows_a_step = 500;
constexpr auto done = static_cast<std::int64_t>(deletion_state::done);
constexpr auto running = static_cast<std::int64_t>(deletion_state::running);

using loose_row = std::tuple<std::int64_t, std::string, timestamp>;  // seq, id, timestamp

result<std::vector<loose_row>> rows_to_look_at(write_session& session, std::int64_t job) {
    return session.all<loose_row>(
        "SELECT e.seq, e.id, e.timestamp FROM event_deletions d JOIN events e ON (e.timestamp, e.id) > (d.row_at, "
        "d.row_id) AND e.timestamp < d.to_at WHERE d.seq = ? ORDER BY e.timestamp, e.id LIMIT ?",
        job, rows_a_step);
}

result<deletion_totals> delete_free(write_session& session, const std::vector<loose_row>& rows) {
    deletion_totals found;
    for (const auto& [seq, id, at] : rows) {
        auto is_held = is_event_held(session, id);
        if (!is_held) return is_held.error();
        ++(*is_held ? found.held : found.deleted);
        if (*is_held) continue;
        if (auto gone = session.execute("DELETE FROM events WHERE seq = ?", seq); !gone) return gone.error();
    }
    return found;
}

}  // namespace

result<std::optional<open_deletion>> next_deletion(read_session& session) {
    auto row =
        session.prepare(read_sql("SELECT seq, id, from_at, to_at, before_position, has_rows, after_position "
                                 "FROM event_deletions WHERE state <> 2 ORDER BY seq LIMIT 1"));
    if (!row) return row.error();
    auto more = row->step();
    if (!more) return more.error();
    if (!*more) return std::optional<open_deletion>();
    open_deletion job;
    job.seq = row->integer(0);
    job.id = row->text(1);
    if (row->type(2) == value_type::integer) job.wanted.range.from = row->integer(2);
    job.wanted.range.to = row->integer(3);
    job.wanted.before_position = row->integer(4);
    job.has_rows = row->integer(5) != 0;
    job.wanted.after_position = row->integer(6);
    return std::optional(std::move(job));
}

result<bool> delete_rows(write_session& session, const open_deletion& job, timestamp now) {
    auto open =
        session.first_integer("SELECT 1 FROM event_deletions WHERE seq = ? AND state <> 2 AND has_rows = 1", job.seq);
    if (!open) return open.error();
    if (!*open) return false;
    auto rows = rows_to_look_at(session, job.seq);
    if (!rows) return rows.error();
    auto found = delete_free(session, *rows);
    if (!found) return found.error();
    const bool has_more = static_cast<std::int64_t>(rows->size()) == rows_a_step;
    const timestamp at = rows->empty() ? 0 : std::get<2>(rows->back());
    const std::string id = rows->empty() ? std::string() : std::get<1>(rows->back());
    auto noted = session.execute(
        "UPDATE event_deletions SET state = ?, started_at = coalesce(started_at, ?), deleted = deleted + ?, "
        "held = held + ?, has_rows = ?, row_at = ?, row_id = ? WHERE seq = ?",
        running, now, found->deleted, found->held, has_more, at, id, job.seq);
    if (!noted) return noted.error();
    return true;
}

result<bool> delete_segments(write_session& session, const open_deletion& job, const removal_step& step,
                             timestamp now) {
    auto open = session.first_integer(
        "SELECT 1 FROM event_deletions WHERE seq = ? AND state <> 2 AND has_rows = 0 AND after_position = ?", job.seq,
        job.wanted.after_position);
    if (!open) return open.error();
    if (!*open) return false;
    auto applied = apply_removal(session, step);
    if (!applied || !*applied) return applied;
    auto noted = session.execute(
        "UPDATE event_deletions SET state = ?, started_at = coalesce(started_at, ?), finished_at = ?, "
        "deleted = deleted + ?, held = held + ?, after_position = ? WHERE seq = ?",
        step.is_last ? done : running, now, step.is_last ? std::optional(now) : std::nullopt, step.deleted, step.held,
        step.after_position, job.seq);
    if (!noted) return noted.error();
    return true;
}

result<deletion_totals> totals_of(read_session& session, std::int64_t job) {
    auto found = session.first<deletion_totals>("SELECT deleted, held FROM event_deletions WHERE seq = ?", job);
    if (!found) return found.error();
    return found->value_or(deletion_totals());
}

}  // namespace carrel::siem
