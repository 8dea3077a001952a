#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// The positions of a segment's events in the order of commit, as they are stored: the first, the last, and which of those
/// between them are missing.
struct position_list {
    std::int64_t first = 0, last = 0;
    std::string gaps;  // empty: none is missing

    friend bool operator==(const position_list&, const position_list&) = default;
};

/// Positions that are not empty and ascend.
position_list pack_positions(std::span<const std::int64_t> positions);
/// `events` positions from `first` on, without gaps.
position_list positions_from(std::int64_t first, std::int64_t events);

/// The same, read: of a segment of `events` events. Nothing for what is damaged.
std::optional<std::vector<std::int64_t>> unpack_positions(std::int64_t first, std::int64_t last, std::string_view gaps,
                                                          std::size_t events);

}  // namespace carrel::segments
