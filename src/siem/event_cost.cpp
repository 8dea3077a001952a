#include "siem/event_cost.hpp"

#include "base/siphash.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace carrel::siem {

namespace {

unsigned length_class(const time_range& range, timestamp now) {
    constexpr timestamp second = 1'000'000;
    const timestamp from = range.from.value_or(0) / second, to = range.to.value_or(now) / second;
    return static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(std::max<timestamp>(0, to - from))));
}

}  // namespace

std::uint64_t cost_key(const operation& what, const call& request, const time_range& range) {
    std::string text = what.id;
    for (const auto& [name, value] : request.query) {
        if (name == "from" || name == "to" || name == "cursor") continue;
        (text += '\0').append(name) += '\0';
        text += value;
    }
    (text += '\0') += std::to_string(length_class(range, request.now));
    return base::keyed_hash(text);
}

}  // namespace carrel::siem
