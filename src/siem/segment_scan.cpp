#include "siem/segment_scan.hpp"

#include "json/pieces.hpp"
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

// Which codes of a column stand for one of the wanted texts.
std::vector<bool> wanted_codes(const segments::text_column& column, const std::vector<std::string>& wanted) {
    std::vector<bool> codes(column.texts().size() + 1, false);
    for (std::size_t i = 0; i < column.texts().size(); ++i)
        codes[i + 1] = std::find(wanted.begin(), wanted.end(), column.texts()[i]) != wanted.end();
    return codes;
}

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

segment_scan::segment_scan(read_session& session, statement filter, statement columns, statement data)
    : session_(&session),
      select_filter_(std::move(filter)),
      select_columns_(std::move(columns)),
      select_data_(std::move(data)) {}

result<segment_scan> segment_scan::open(read_session& session) {
    auto filter = session.prepare(read_sql("SELECT filter FROM event_segments WHERE seq = ?"));
    if (!filter) return filter.error();
    auto columns = session.prepare(read_sql("SELECT columns FROM event_segments WHERE seq = ?"));
    if (!columns) return columns.error();
    auto data = session.prepare(read_sql("SELECT data FROM event_segments WHERE seq = ?"));
    if (!data) return data.error();
    return segment_scan(session, std::move(*filter), std::move(*columns), std::move(*data));
}

error segment_scan::damaged() const {
    return error(make_error_code(sqlite_errc::corrupt),
                 "segment " + std::to_string(seq_) + " of the events is damaged");
}

result<bool> segment_scan::may_pass(const segment_header& header, const event_conditions& conditions) {
    if (auto on = session_->check_interrupt(); !on) return on.error();
    if (conditions.required.empty()) return true;
    seq_ = header.seq;
    auto row = find(select_filter_, seq_);
    if (!row) return row.error();
    if (!*row) return damaged();
    return conditions.may_pass(segments::token_filter(text_of(select_filter_.bytes(0))));
}

result<void> segment_scan::read(std::int64_t seq) {
    seq_ = seq;
    columns_.reset();
    texts_.reset();
    heads_.reset();
    auto row = find(select_columns_, seq);
    if (!row) return row.error();
    if (!*row) return damaged();
    column_bytes_ = text_of(select_columns_.bytes(0));
    columns_ = segments::segment_columns::open(column_bytes_);
    if (!columns_) return damaged();
    times_.clear();
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
    for (std::size_t i = 0; i < segments::column_count && !places.empty(); ++i) {
        if (conditions.texts[i].empty()) continue;
        const auto column = columns_->text(static_cast<segments::column>(i));
        if (!column) return damaged();
        const auto codes = wanted_codes(*column, conditions.texts[i]);
        std::erase_if(places, [&](std::uint32_t place) { return !codes[column->code(place)]; });
    }
    return places;
}

result<std::vector<uuid>> segment_scan::ids() const {
    auto ids = columns_->ids();
    if (!ids) return damaged();
    return std::move(*ids);
}

result<void> segment_scan::open_texts() {
    if (texts_) return {};
    auto row = find(select_data_, seq_);
    if (!row) return row.error();
    if (!*row) return damaged();
    data_bytes_ = text_of(select_data_.bytes(0));
    texts_ = segments::segment_texts::open(data_bytes_, columns_->events());
    if (!texts_) return damaged();
    return {};
}

result<std::string_view> segment_scan::text(std::size_t event) {
    if (auto done = open_texts(); !done) return done.error();
    const auto text = texts_->text(event);
    if (!text) return damaged();
    return *text;
}

result<void> segment_scan::open_heads() {
    if (heads_) return {};
    auto ids = columns_->ids();
    auto received_at = columns_->received_at();
    if (!ids || !received_at) return damaged();
    heads made{std::move(*ids), std::move(*received_at), {}};
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        auto column = columns_->text(static_cast<segments::column>(i));
        if (!column) return damaged();
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
    if (++texts_tested_ % texts_between_looks == 0)
        if (auto on = session_->check_interrupt(); !on) return on.error();
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
    const auto& openings = events().openings;
    json::pieces out(json);
    out.put(openings[0]);
    out.plain(siem::text_of(head.id));
    out.put(openings[1]);
    out.plain(written_time(head.at));
    out.put(openings[2]);
    out.plain(written_time(head.received_at));
    for (std::size_t i = 0; i < segments::column_count; ++i) {
        out.put(openings[3 + i]);
        if (head.texts[i]) out.string(*head.texts[i]);
        else out.raw("null");
    }
    out.put(openings[3 + segments::column_count]);
    out.raw(fields);
    out.put('}');
    out.flush();
}

}  // namespace carrel::siem
