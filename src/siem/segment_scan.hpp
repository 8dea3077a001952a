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

    /// Whether the segment's filter lets the conditions pass. Errors: SQLite's, and what ends the job.
    result<bool> may_pass(const segment_header& header, const event_conditions& conditions);
    /// Reads the columns of a segment. Errors: SQLite's; SQLITE_CORRUPT for one that is damaged.
    result<void> read(std::int64_t seq);

    const segments::segment_columns& columns() const noexcept { return *columns_; }
    result<std::span<const timestamp>> times();
    /// The places of the events that pass by time and columns, in order of arrival. `all_in_range`: their times need not
    /// be looked at.
    result<std::vector<std::uint32_t>> passing(const event_conditions& conditions, bool all_in_range);
    result<std::vector<uuid>> ids() const;
    /// What is kept of an event beside its text. Views are valid until the next `read`.
    result<segments::event_head> head(std::size_t event);
    /// The text of an event of the segment; valid until the next call.
    result<std::string_view> text(std::size_t event);
    /// Whether an event's text passes. Looks now and then whether the job must end.
    result<bool> passes(std::size_t event, text_test& test);
    /// Appends the event as JSON.
    result<void> append_event(std::size_t event, std::string& json);

private:
    segment_scan(read_session& session, statement filter, statement columns, statement data);
    error damaged() const;
    result<void> open_texts();
    result<void> open_heads();

    read_session* session_;
    statement select_filter_, select_columns_, select_data_;
    std::int64_t seq_ = 0;
    std::uint64_t texts_tested_ = 0;
    std::string column_bytes_, data_bytes_;
    std::optional<segments::segment_columns> columns_;
    std::vector<timestamp> times_;
    std::optional<segments::segment_texts> texts_;
    // For whole events: read when the first is asked for.
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
