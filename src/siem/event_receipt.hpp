#pragma once

#include "siem/segment_scan.hpp"

#include <functional>
#include <map>

namespace carrel::siem {

/// Walks through events in the order of their ids, wherever they are kept. One run does a bounded part of the walk. Valid
/// during the session's work; the conditions must outlive it.
class receipt_walk {
public:
    /// Only events with ids behind `after`.
    receipt_walk(read_session& session, const event_conditions& conditions, const uuid& after);

    /// Takes an event that passes; false ends the run behind it.
    using visitor = std::function<bool(const segments::event_head&, std::string_view fields)>;
    /// Whether the walk is at its end: a run also ends after much work. Errors: SQLite's; SQLITE_CORRUPT; what ends the job.
    result<bool> run(const visitor& visit);
    /// Where to go on: all events up to this id have been looked at.
    const uuid& reached() const noexcept { return reached_; }

private:
    struct header {
        std::int64_t seq;
        uuid from, to;
    };
    struct candidate {
        uuid id;
        std::int64_t segment;
        std::uint32_t place;
    };

    result<void> list_segments();
    result<void> open_next();
    result<segment_scan*> scan_of(std::int64_t segment);
    result<bool> offer(const candidate& one, const visitor& visit);
    result<void> step_loose();
    bool has_candidate() const noexcept { return at_ < candidates_.size(); }

    read_session* session_;
    const event_conditions* conditions_;
    text_test test_;
    uuid reached_;
    std::vector<header> ahead_;  // segments by their least ids
    std::size_t next_ = 0;       // of them
    std::vector<candidate> candidates_;
    std::size_t at_ = 0;  // of them
    std::optional<segment_scan> filters_;
    std::map<std::int64_t, segment_scan> open_;
    std::size_t read_ = 0, tested_ = 0;
    std::optional<statement> loose_;
    std::optional<segments::event_head> loose_head_;  // of the row at hand
};

}  // namespace carrel::siem
