#include "segments/position_list.hpp"

#include "segments/byte_writer.hpp"
#include "segments/checksum.hpp"

#include <numeric>

namespace carrel::segments {

position_list positions_from(std::int64_t first, std::int64_t events) { return {first, first + events - 1, {}}; }

// What lies between each two neighbours, and a checksum.
position_list pack_positions(std::span<const std::int64_t> positions) {
    position_list made{positions.front(), positions.back(), {}};
    if (made.last - made.first + 1 == static_cast<std::int64_t>(positions.size())) return made;
    byte_writer out(made.gaps);
    for (std::size_t i = 1; i < positions.size(); ++i)
        out.varint(static_cast<std::uint64_t>(positions[i] - positions[i - 1] - 1));
    append_checksum(made.gaps);
    return made;
}

std::optional<std::vector<std::int64_t>> unpack_positions(std::int64_t first, std::int64_t last, std::string_view gaps,
                                                          std::size_t events) {
    if (first <= 0 || last < first || events == 0) return std::nullopt;
    const auto reach = static_cast<std::uint64_t>(last - first);
    std::vector<std::int64_t> positions(events);
    if (gaps.empty()) {
        if (reach != events - 1) return std::nullopt;
        std::iota(positions.begin(), positions.end(), first);
        return positions;
    }
    const auto sound = without_checksum(gaps);
    if (!sound) return std::nullopt;
    byte_reader in(*sound);
    std::uint64_t at = 0;
    positions[0] = first;
    for (std::size_t i = 1; i < events; ++i) {
        const std::uint64_t gap = in.varint();
        if (in.failed() || gap >= reach - at) return std::nullopt;
        at += gap + 1;
        positions[i] = first + static_cast<std::int64_t>(at);
    }
    if (!in.rest().empty() || at != reach) return std::nullopt;
    return positions;
}

}  // namespace carrel::segments
