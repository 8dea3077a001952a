#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"

#include <compare>
#include <limits>
#include <optional>

namespace carrel::siem {

/// Times from `from` on and before `to`, as far as they are given.
struct time_range {
    std::optional<timestamp> from, to;

    bool holds(timestamp at) const noexcept { return (!from || at >= *from) && (!to || at < *to); }
    bool holds_all(timestamp first, timestamp last) const noexcept { return holds(first) && holds(last); }
};

/// Where an event stands in a list.
struct event_place {
    timestamp at = 0;
    uuid id;
    friend auto operator<=>(const event_place&, const event_place&) = default;
};

enum class direction { newest_first, oldest_first };

/// Whether `one` comes before `other`.
constexpr bool precedes(const event_place& one, const event_place& other, direction order) noexcept {
    return order == direction::newest_first ? other < one : one < other;
}

}  // namespace carrel::siem
