#pragma once

#include "segments/segment.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// `data` of a segment: the events' texts, unpacked frame by frame as they are requested. Not thread-safe. The bytes must
/// outlive it.
class segment_texts {
public:
    /// Nothing if the directory is damaged or does not hold `events` events.
    static std::optional<segment_texts> open(std::string_view bytes, std::size_t events);

    /// The event's text as it came; valid until an event of another frame is requested. Nothing if its frame is damaged.
    std::optional<std::string_view> text(std::size_t event);
    /// The first event of the next frame; the number of events for one of the last.
    std::size_t frame_end(std::size_t event) const noexcept;
    /// The number of the frame that has the event.
    std::size_t frame_of(std::size_t event) const noexcept;
    /// Keeps of some events, which grow, those in the wanted frames.
    void keep_frames(frame_mask wanted, std::vector<std::uint32_t>& events) const;

private:
    struct frame {
        std::size_t first_event, events;
        std::size_t size;  // unpacked
        std::string_view bytes;
    };
    bool unpack(std::size_t wanted);
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    std::vector<frame> frames_;
    std::size_t open_ = none;  // the frame that is unpacked
    std::string unpacked_;
    std::vector<std::string_view> texts_;  // of the open frame
};

}  // namespace carrel::segments
