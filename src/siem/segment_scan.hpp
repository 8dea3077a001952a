#pragma once

#include "segments/segment_columns.hpp"
#include "segments/segment_texts.hpp"
#include "siem/event_conditions.hpp"

#include <carrel/session.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// What is known of a segment before its bytes are read.
struct segment_header {
    std::int64_t seq = 0;
    std::int64_t events = 0;
    timestamp from_at = 0, to_at = 0;
};

/// The headers of the segments that reach into a range: those with the newest events first, or with the oldest.
class segment_list {
public:
    static result<segment_list> open(read_session& session, const time_range& range, direction order);
    /// The next one, or nothing at the end.
    result<std::optional<segment_header>> next();

private:
    explicit segment_list(statement rows)
        : rows_(std::move(rows)) {}
    statement rows_;
};

/// One segment at a time, read as far as it is needed. Valid during the session's work; it may be moved before `read`.
class segment_scan {
public:
    static result<segment_scan> open(read_session& session);

    /// Whether a segment's summary and filter let the conditions pass. Errors: SQLite's; SQLITE_CORRUPT for a summary that
    /// is damaged; what ends the job.
    result<bool> may_pass(const segment_header& header, const event_conditions& conditions);
    /// The frames of the segment in which events may be that pass, as far as `may_pass` found out.
    segments::frame_mask frames() const noexcept { return frames_; }
    /// As another scan found out of the same segment.
    void limit_frames(segments::frame_mask to) noexcept { frames_ = to; }
    /// Reads the columns of a segment. Errors: SQLite's; SQLITE_CORRUPT for one that is damaged.
    result<void> read(std::int64_t seq);

    const segments::segment_columns& columns() const noexcept { return *columns_; }
    /// The texts of a column of the segment, of which neither columns nor events need be read.
    result<segments::shared_texts> texts_of(segments::column which);
    result<segments::text_column> text_column(segments::column which);
    result<std::span<const timestamp>> times();
    /// The places of the events that pass by time, columns and frames, in order of arrival. `all_in_range`: their times need
    /// not be looked at.
    result<std::vector<std::uint32_t>> passing(const event_conditions& conditions, bool all_in_range);
    result<std::vector<uuid>> ids() const;
    /// The positions of all events in the order of commit.
    result<std::vector<std::int64_t>> positions();
    /// What is kept of an event beside its text. Views are valid until the next `read`.
    result<segments::event_head> head(std::size_t event);
    /// The text of an event of the segment; valid until the next call. Looks now and then whether the job must end.
    result<std::string_view> text(std::size_t event);
    /// The first event behind those that are unpacked together with this one.
    result<std::size_t> frame_end(std::size_t event);
    /// Whether an event's text passes.
    result<bool> passes(std::size_t event, text_test& test);
    /// Appends the event as JSON.
    result<void> append_event(std::size_t event, std::string& json);

private:
    segment_scan(read_session& session, statement summary, statement columns, statement data);
    error damaged() const;
    void turn_to(std::int64_t seq);
    result<void> open_summary();
    result<bool> texts_may_pass(const event_conditions& conditions);
    result<void> find_frames(const event_conditions& conditions);
    result<segments::frame_mask> frames_of(std::uint64_t token);
    result<void> keep_texts(const event_conditions& conditions, std::vector<std::uint32_t>& places);
    result<void> open_texts();
    result<void> open_heads();

    read_session* session_;
    statement select_summary_, select_columns_, select_data_;
    std::optional<blob_reader> filter_;
    std::int64_t seq_ = 0, filter_seq_ = 0;
    segments::frame_mask frames_ = segments::all_frames;
    std::uint64_t texts_read_ = 0;
    bool has_summary_ = false;
    std::optional<segments::segment_summary> summary_;
    std::array<segments::shared_texts, segments::column_count> column_texts_;
    std::optional<segments::segment_columns> columns_;
    std::vector<timestamp> times_;
    std::optional<segments::segment_texts> texts_;
    // For whole events: read when the first is requested.
    struct heads {
        std::vector<uuid> ids;
        std::vector<timestamp> received_at;
        std::array<segments::text_column, segments::column_count> texts;
    };
    std::optional<heads> heads_;
};

/// Appends an event as JSON, its members in the order of the resource.
void append_event(const segments::event_head& head, std::string_view fields, std::string& json);

}  // namespace carrel::siem
