#include "siem/segment_scan.hpp"

#include "json/pieces.hpp"
#include "segments/position_list.hpp"
#include "siem/events.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace carrel::siem {

namespace {

constexpr timestamp least = std::numeric_limits<timestamp>::min(), greatest = std::numeric_limits<timestamp>::max();

constexpr std::uint64_t texts_between_looks = 64;

std::string_view text_of(blob_view bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The row that a statement bound to a segment's number finds; false if the segment has gone, which a snapshot rules out.
result<bool> find(statement& rows, std::int64_t seq) { return rows.bind(seq).step(); }

}  // namespace

result<segment_list> segment_list::open(read_session& session, const time_range& range, direction order) {
    auto rows = session.prepare(
        order == direction::newest_first
            ? read_sql("SELECT seq, events, from_at, to_at FROM event_segments INDEXED BY event_segments_by_end "
                       "WHERE to_at >= ? AND from_at < ? ORDER BY to_at DESC")
            : read_sql("SELECT seq, events, from_at, to_at FROM event_segments INDEXED BY event_segments_by_begin "
                       "WHERE to_at >= ? AND from_at < ? ORDER BY from_at"));
    if (!rows) return rows.error();
    rows->bind(range.from.value_or(least), range.to.value_or(greatest));
    return segment_list(std::move(*rows));
}

result<std::optional<segment_header>> segment_list::next() {
    auto more = rows_.step();
    if (!more) return more.error();
    if (!*more) return std::optional<segment_header>();
    return std::optional(segment_header{rows_.integer(0), rows_.integer(1), rows_.integer(2), rows_.integer(3)});
}

segment_scan::segment_scan(read_session& session, statement summary, statement columns, statement data)
    : session_(&session),
      select_summary_(std::move(summary)),
      select_columns_(std::move(columns)),
      select_data_(std::move(data)) {}

result<segment_scan> segment_scan::open(read_session& session) {
    auto summary = session.prepare(read_sql("SELECT paths, texts FROM segment_summaries WHERE segment = ?"));
    if (!summary) return summary.error();
    auto columns = session.prepare(read_sql("SELECT columns FROM event_segments WHERE seq = ?"));
    if (!columns) return columns.error();
    auto data = session.prepare(read_sql("SELECT data FROM event_segments WHERE seq = ?"));
    if (!data) return data.error();
    return segment_scan(session, std::move(*summary), std::move(*columns), std::move(*data));
}

error segment_scan::damaged() const {
    return error(make_error_code(sqlite_errc::corrupt),
                 "segment " + std::to_string(seq_) + " of the events is damaged");
}

// Forgets what was read of another segment.
void segment_scan::turn_to(std::int64_t seq) {
    if (seq_ == seq) return;
    seq_ = seq;
    frames_ = segments::all_frames;
    has_summary_ = false;
    summary_.reset();
    column_texts_ = {};
    columns_.reset();
    times_.clear();
    texts_.reset();
    heads_.reset();
}

// -- summary and filter ---

// The row stays until the next one is requested, and its bytes with it.
result<void> segment_scan::open_summary() {
    if (has_summary_) return {};
    auto row = find(select_summary_, seq_);
    if (!row) return row.error();
    if (!*row) return damaged();
    has_summary_ = true;
    return {};
}

result<segments::shared_texts> segment_scan::texts_of(segments::column which) {
    auto& kept = column_texts_[which];
    if (kept) return kept;
    if (auto done = open_summary(); !done) return done.error();
    if (!summary_) summary_ = segments::segment_summary::open(text_of(select_summary_.bytes(1)));
    if (summary_) kept = summary_->texts(which);
    if (!kept) return damaged();
    return kept;
}

result<bool> segment_scan::texts_may_pass(const event_conditions& conditions) {
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        if (conditions.texts[i].empty()) continue;
        auto texts = texts_of(static_cast<segments::column>(i));
        if (!texts) return texts.error();
        if ((*texts)->events_of((*texts)->marks_of(conditions.texts[i])) == 0) return false;
    }
    return true;
}

// Of the filter only the token's block is read.
result<segments::frame_mask> segment_scan::frames_of(std::uint64_t token) {
    if (!filter_) {
        auto opened = session_->open_blob("event_segments", "filter", seq_);
        if (!opened) return opened.error();
        filter_ = std::move(*opened);
    } else if (filter_seq_ != seq_) {
        if (auto done = filter_->reopen(seq_); !done) return done.error();
    }
    filter_seq_ = seq_;
    const auto about = segments::filter_block::of(token, filter_->size());
    if (about.size > segments::filter_block_bytes_max) return segments::all_frames;  // damaged
    std::array<char, segments::filter_block_bytes_max> bytes;
    if (auto done = filter_->read(about.offset, std::as_writable_bytes(std::span(bytes).first(about.size))); !done)
        return done.error();
    return segments::frames_of(token, about, {bytes.data(), about.size});
}

result<void> segment_scan::find_frames(const event_conditions& conditions) {
    result<void> done;
    const auto where = [&](std::uint64_t token, query::requirement::kind) {
        auto found = done ? frames_of(token) : result<segments::frame_mask>(segments::all_frames);
        if (!found) done = found.error();
        return found ? *found : segments::all_frames;
    };
    for (const query::requirement& each : conditions.required) {
        if (frames_ == 0 || !done) break;
        frames_ &= each.places(where);
    }
    return done;
}

result<bool> segment_scan::may_pass(const segment_header& header, const event_conditions& conditions) {
    if (auto on = session_->check_interrupt(); !on) return on.error();
    turn_to(header.seq);
    if (conditions.look_at_paths()) {
        if (auto done = open_summary(); !done) return done.error();
        if (!conditions.may_pass(segments::token_filter(text_of(select_summary_.bytes(0))))) return false;
    }
    if (auto pass = texts_may_pass(conditions); !pass || !*pass) return pass;
    if (auto done = find_frames(conditions); !done) return done.error();
    return frames_ != 0;
}

// -- columns ---

result<void> segment_scan::read(std::int64_t seq) {
    turn_to(seq);
    if (columns_) return {};
    auto row = find(select_columns_, seq);
    if (!row) return row.error();
    if (!*row) return damaged();
    // The row stays until the next one is requested, and its bytes with it.
    columns_ = segments::segment_columns::open(text_of(select_columns_.bytes(0)));
    if (!columns_) return damaged();
    return {};
}

result<std::span<const timestamp>> segment_scan::times() {
    if (times_.empty()) {
        auto times = columns_->at();
        if (!times) return damaged();
        times_ = std::move(*times);
    }
    return std::span<const timestamp>(times_);
}

result<std::vector<std::uint32_t>> segment_scan::passing(const event_conditions& conditions, bool all_in_range) {
    std::vector<std::uint32_t> places(columns_->events());
    std::iota(places.begin(), places.end(), 0u);
    if (!all_in_range) {
        auto at = times();
        if (!at) return at.error();
        std::erase_if(places, [&](std::uint32_t place) { return !conditions.range.holds((*at)[place]); });
    }
    if (auto done = keep_texts(conditions, places); !done) return done.error();
    if (frames_ != segments::all_frames && !places.empty()) {
        if (auto done = open_texts(); !done) return done.error();
        texts_->keep_frames(frames_, places);
    }
    return places;
}

// Keeps those whose texts are wanted. Codes are read only where some events have such a text and others have not.
result<void> segment_scan::keep_texts(const event_conditions& conditions, std::vector<std::uint32_t>& places) {
    for (std::size_t i = 0; i < segments::column_count && !places.empty(); ++i) {
        if (conditions.texts[i].empty()) continue;
        const auto which = static_cast<segments::column>(i);
        auto texts = texts_of(which);
        if (!texts) return texts.error();
        const auto marks = (*texts)->marks_of(conditions.texts[i]);
        const auto wanted = static_cast<std::size_t>((*texts)->events_of(marks));
        if (wanted == 0) places.clear();
        if (wanted == 0 || wanted == columns_->events()) continue;
        auto column = text_column(which);
        if (!column) return column.error();
        column->keep_marked(marks, places);
    }
    return {};
}

result<segments::text_column> segment_scan::text_column(segments::column which) {
    auto texts = texts_of(which);
    if (!texts) return texts.error();
    auto column = columns_->text(which, std::move(*texts));
    if (!column || summary_->events() != columns_->events()) return damaged();
    return std::move(*column);
}

result<std::vector<uuid>> segment_scan::ids() const {
    auto ids = columns_->ids();
    if (!ids) return damaged();
    return std::move(*ids);
}

result<std::vector<std::int64_t>> segment_scan::positions() {
    auto row = session_->prepare(read_sql("SELECT first, last, gaps FROM segment_positions WHERE segment = ?"));
    if (!row) return row.error();
    auto found = find(*row, seq_);
    if (!found) return found.error();
    if (!*found) return damaged();
    auto positions =
        segments::unpack_positions(row->integer(0), row->integer(1), text_of(row->bytes(2)), columns_->events());
    if (!positions) return damaged();
    return std::move(*positions);
}

result<void> segment_scan::open_texts() {
    if (texts_) return {};
    auto row = find(select_data_, seq_);
    if (!row) return row.error();
    if (!*row) return damaged();
    texts_ = segments::segment_texts::open(text_of(select_data_.bytes(0)), columns_->events());
    if (!texts_) return damaged();
    return {};
}

result<std::string_view> segment_scan::text(std::size_t event) {
    if (++texts_read_ % texts_between_looks == 0)
        if (auto on = session_->check_interrupt(); !on) return on.error();
    if (auto done = open_texts(); !done) return done.error();
    const auto text = texts_->text(event);
    if (!text) return damaged();
    return *text;
}

result<std::size_t> segment_scan::frame_end(std::size_t event) {
    if (auto done = open_texts(); !done) return done.error();
    return texts_->frame_end(event);
}

result<void> segment_scan::open_heads() {
    if (heads_) return {};
    auto ids = columns_->ids();
    auto received_at = columns_->received_at();
    if (!ids || !received_at) return damaged();
    heads made{std::move(*ids), std::move(*received_at), {}};
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        auto column = text_column(static_cast<segments::column>(i));
        if (!column) return column.error();
        made.texts[i] = std::move(*column);
    }
    heads_ = std::move(made);
    return {};
}

result<segments::event_head> segment_scan::head(std::size_t event) {
    if (auto done = open_heads(); !done) return done.error();
    auto at = times();
    if (!at) return at.error();
    segments::event_head head{heads_->ids[event], (*at)[event], heads_->received_at[event], {}};
    for (std::size_t i = 0; i < segments::column_count; ++i) head.texts[i] = heads_->texts[i].text(event);
    return head;
}

result<bool> segment_scan::passes(std::size_t event, text_test& test) {
    auto about = head(event);
    if (!about) return about.error();
    auto fields = text(event);
    if (!fields) return fields.error();
    return test.passes(*fields, *about);
}

result<void> segment_scan::append_event(std::size_t event, std::string& json) {
    auto about = head(event);
    if (!about) return about.error();
    auto fields = text(event);
    if (!fields) return fields.error();
    siem::append_event(*about, *fields, json);
    return {};
}

void append_event(const segments::event_head& head, std::string_view fields, std::string& json) {
    const auto& shown = events().shown;
    json::pieces out(json);
    out.put(shown[0].opening);
    out.plain(siem::text_of(head.id));
    out.put(shown[1].opening);
    out.plain(written_time(head.at));
    out.put(shown[2].opening);
    out.plain(written_time(head.received_at));
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        out.put(shown[3 + i].opening);
        if (head.texts[i]) out.string(*head.texts[i]);
        else out.raw("null");
    }
    out.put(shown[3 + segments::column_count].opening);
    out.raw(fields);
    out.put('}');
    out.flush();
}

}  // namespace carrel::siem
