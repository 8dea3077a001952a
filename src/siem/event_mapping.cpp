#include "siem/event_mapping.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace carrel::siem {

event_mappings::entry& event_mappings::at(std::string_view path) {
    std::size_t slot = slot_of(path);
    while (slots_[slot].path.data() != nullptr && slots_[slot].path != path) slot = (slot + 1) & mask_;
    if (slots_[slot].path.data() == nullptr) {
        // Half of the table stays free, so that a search ends.
        if (++count_ > mask_ / 2) throw std::length_error("too many mappings of events");
        slots_[slot].path = path;
        longest_ = std::max(longest_, path.size());
    }
    return slots_[slot];
}

std::uint32_t event_mappings::bit_of(std::string_view path) {
    if (path.empty()) return 0;
    entry& of = at(path);
    if (of.bit == 0) {
        if (next_bit_ == 0) throw std::length_error("too many conditions of mappings of events");
        of.bit = next_bit_;
        next_bit_ <<= 1;
    }
    return of.bit;
}

// Room for the paths that others depend on, too.
event_mappings::event_mappings(std::span<const event_mapping> all)
    : mask_(std::bit_ceil(std::max<std::size_t>(1'024, all.size() * 4)) - 1),
      slots_(mask_ + 1) {
    std::uint16_t rank = 0;
    for (const event_mapping& each : all) {
        if (each.path.empty()) throw std::invalid_argument("a mapping of events without a path");
        const std::uint32_t with = bit_of(each.with), without = bit_of(each.without);
        entry& made = at(each.path);
        // The first one wins, as it does among columns.
        if (made.rank != entry::no_rank) continue;
        made.into = each.into;
        made.rank = rank++;
        made.with = with;
        made.without = without;
        made.nothing = each.nothing;
    }
}

const event_mappings& event_mappings::builtin() {
    static const event_mappings instance(builtin_mappings());
    return instance;
}

}  // namespace carrel::siem
