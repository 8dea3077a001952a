#include "siem/value_counts.hpp"

#include <algorithm>

namespace carrel::siem {

void value_counts::add(std::string_view value, std::int64_t times) {
    const auto known = counts_.find(value);
    if (known != counts_.end()) {
        known->second += times;
        return;
    }
    counts_.emplace(value, times);
    bytes_ += value.size();
    while (counts_.size() > values_max_ || (bytes_ > bytes_max_ && counts_.size() > 1)) make_room();
}

// Half of the values go at once, so that each one costs little.
void value_counts::make_room() {
    std::vector<std::int64_t> sizes;
    sizes.reserve(counts_.size());
    for (const auto& [value, count] : counts_) sizes.push_back(count);
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    const std::int64_t less = *middle;
    error_ += less;
    for (auto each = counts_.begin(); each != counts_.end();) {
        each->second -= less;
        if (each->second > 0) {
            ++each;
            continue;
        }
        bytes_ -= each->first.size();
        each = counts_.erase(each);
    }
}

std::vector<value_counts::entry> value_counts::all() const {
    std::vector<entry> list;
    list.reserve(counts_.size());
    for (const auto& [value, count] : counts_) list.push_back({value, count});
    return list;
}

std::vector<value_counts::entry> value_counts::most_frequent(std::size_t most) const {
    std::vector<entry> list = all();
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(most, list.size()));
    std::partial_sort(list.begin(), end, list.end(), [](const entry& one, const entry& other) {
        return one.count != other.count ? one.count > other.count : one.value < other.value;
    });
    list.erase(end, list.end());
    return list;
}

std::vector<value_counts::entry> value_counts::in_order(std::string_view after, std::size_t most) const {
    std::vector<entry> list = all();
    std::erase_if(list, [&](const entry& each) { return each.value <= after && !after.empty(); });
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(most + 1, list.size()));
    std::partial_sort(list.begin(), end, list.end(),
                      [](const entry& one, const entry& other) { return one.value < other.value; });
    list.erase(end, list.end());
    return list;
}

}  // namespace carrel::siem
