#pragma once

#include "siem/event_range.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace carrel::siem {

/// The first events of a list in its order, of all that are offered in any order. Bounded in number and in bytes.
class event_page {
public:
    /// `events_max` and one more are kept, the one more to tell that there are more.
    event_page(direction order, std::size_t events_max)
        : kept_(before{order}),
          order_(order),
          events_max_(events_max) {}

    /// Where an event's JSON comes from: made already, or an event of a segment.
    struct entry {
        std::int64_t segment = 0;
        std::uint32_t event = 0;
        std::string json;  // empty: to be made from the segment
    };

    /// Whether an event there would be kept.
    bool takes(const event_place& at) const noexcept {
        return !is_full() || precedes(at, kept_.rbegin()->first, order_);
    }
    /// Whether no event at this time or later in the order would be kept.
    bool is_past(timestamp at) const noexcept {
        if (!is_full()) return false;
        const timestamp last = kept_.rbegin()->first.at;
        return order_ == direction::newest_first ? at < last : at > last;
    }
    void add(const event_place& at, entry event);
    /// Those whose JSON is still to be made, segment by segment and in the order of arrival.
    std::vector<std::pair<event_place, entry>> unwritten() const;
    /// Gives one of them its JSON, unless it has been dropped meanwhile.
    void write(const event_place& at, std::string json);
    bool holds(const event_place& at) const { return kept_.contains(at); }

    struct before {
        direction order;
        bool operator()(const event_place& one, const event_place& other) const noexcept {
            return precedes(one, other, order);
        }
    };
    const std::map<event_place, entry, before>& entries() const noexcept { return kept_; }
    /// Whether some were dropped because of their bytes: then the last kept is not the end of the list.
    bool was_cut() const noexcept { return was_cut_; }

private:
    bool is_full() const noexcept { return was_cut_ || kept_.size() > events_max_; }

    void drop_last();
    void trim();

    std::map<event_place, entry, before> kept_;
    direction order_;
    std::size_t events_max_;
    std::size_t bytes_ = 0;
    bool was_cut_ = false;
};

}  // namespace carrel::siem
