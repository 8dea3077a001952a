#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Events at rest: a segment is one row of `event_segments`, up to about a thousand events that went in together.
//
//   columns   what is asked of many events at once: times, ids, and five texts by a dictionary each
//   filter    the tokens of all events: which searches need not look here
//   data      the events as they came, in frames of a few hundred that are unpacked one by one
namespace carrel::segments {

using siem::timestamp;
using siem::uuid;

/// The texts of an event that are kept apart, in the order in which a reply shows them.
enum column : std::size_t { source, host, channel, event_code, severity, column_count };

/// What is kept of an event beside its text.
struct event_head {
    uuid id;
    timestamp at = 0;
    timestamp received_at = 0;
    std::array<std::optional<std::string_view>, column_count> texts;
};

/// One segment as it is stored.
struct segment {
    std::int64_t events = 0;
    timestamp from_at = 0, to_at = 0;  // of the earliest and the latest event
    uuid from_id, to_id;               // the least and the greatest
    std::string columns, filter, data;
};

/// A segment with fewer events than this is merged with others in the background.
inline constexpr std::int64_t small_events = 512;
/// A segment has at most this many events and takes no other once it has as many bytes of text.
inline constexpr std::size_t segment_events_max = 1024;
inline constexpr std::size_t segment_bytes_max = 4u << 20;

}  // namespace carrel::segments
