#pragma once

#include "query/tokens.hpp"
#include "segments/position_list.hpp"
#include "segments/segment_builder.hpp"

#include <vector>

namespace carrel::siem {

/// A segment that is to take others' place.
struct made_segment {
    segments::segment content;
    std::vector<std::int64_t> positions;  // one an event; none yet for what comes from rows of an earlier version
};

/// Collects events, in the order of their positions, into segments of one format. Not thread-safe.
class segment_collector {
public:
    /// `leaves_rest`: what does not fill a segment becomes a fresh one, which waits for more.
    segment_collector(const segments::segment_format& format, bool leaves_rest)
        : builder_(format),
          leaves_rest_(leaves_rest) {}

    /// `position` 0: has none yet.
    void add(const segments::event_head& head, std::string_view text, std::int64_t position);
    std::int64_t events() const noexcept { return events_; }
    std::vector<made_segment> finish();

private:
    void end_segment();

    segments::segment_builder builder_;
    bool leaves_rest_;
    query::token_reader tokens_;
    std::int64_t events_ = 0;
    std::vector<std::int64_t> positions_;
    std::vector<made_segment> made_;
};

}  // namespace carrel::siem
