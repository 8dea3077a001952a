#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Events at rest: a segment is one row of `event_segments`, some thousand events that went in about the same time.
//
//   paths     the members that events have: which searches for a field need not look here
//   texts     the different texts of five columns, each with the number of events that have it
//   filter    the tokens of all events: which searches need not look here, or in which frames
//   columns   what is read of many events at once: which text of each column, times, ids
//   data      the events as they came, in frames of some hundred that are unpacked one by one
//
// The first two are small, and all that many questions need of most segments: they are a row of `segment_summaries`.
namespace carrel::segments {

using siem::timestamp;
using siem::uuid;

/// How the parts are laid out; written in each.
inline constexpr std::uint8_t format_version = 3;

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
    bool is_sealed = false;
    std::int64_t events = 0;
    std::int64_t bytes = 0;            // of the events' texts
    timestamp from_at = 0, to_at = 0;  // of the earliest and the latest event
    uuid from_id, to_id;               // the least and the greatest
    std::string paths, texts, filter, columns, data;
};

/// When a segment is full, and when a frame is. Reading one event unpacks its frame.
struct segment_format {
    std::size_t events_max;
    std::size_t bytes_max;  // of text
    std::size_t frame_events_max;
    std::size_t frame_bytes_max;
    int level;  // of zstd
    bool is_sealed;
};
/// Made while a request comes in: no frame takes longer than about a millisecond.
inline constexpr segment_format fresh_format = {1024, 4u << 20, 256, 512u << 10, 3, false};
/// Made of fresh ones in the background, with time to pack: real events take a third less.
inline constexpr segment_format sealed_format = {4096, 16u << 20, 1024, 2u << 20, 6, true};

/// A bit for each frame of a segment. More frames than bits there are none.
using frame_mask = std::uint32_t;
inline constexpr frame_mask all_frames = ~frame_mask{0};
inline constexpr std::size_t frames_max = 32;
constexpr std::size_t most_frames(const segment_format& format) noexcept {
    return format.events_max / format.frame_events_max + format.bytes_max / format.frame_bytes_max + 1;
}
static_assert(most_frames(fresh_format) <= frames_max && most_frames(sealed_format) <= frames_max);

}  // namespace carrel::segments
