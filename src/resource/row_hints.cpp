#include "resource/row_hints.hpp"

#include <functional>
#include <utility>

namespace carrel::siem {

row_hints& row_hints::of_this_thread() {
    thread_local row_hints own;
    return own;
}

std::uint64_t row_hints::key_of(std::string_view table, std::string_view id) noexcept {
    const std::hash<std::string_view> hash;
    const auto key = hash(id) ^ (hash(table) << 1);
    return key == 0 ? 1 : key;
}

std::int64_t row_hints::find(std::uint64_t key) const noexcept {
    for (const auto& each : buckets_[key % buckets_.size()].slots)
        if (each.key == key) return each.row;
    return 0;
}

void row_hints::add(std::uint64_t key, std::int64_t row) {
    if (held_ > buckets_.size() * slots_a_bucket / 2 && buckets_.size() < buckets_max) grow();
    put(key, row);
}

void row_hints::put(std::uint64_t key, std::int64_t row) noexcept {
    auto& slots = buckets_[key % buckets_.size()].slots;
    for (auto& each : slots) {
        if (each.key != key && each.key != 0) continue;
        held_ += each.key == 0 ? 1 : 0;
        each = {key, row};
        return;
    }
    slots[(key >> 32) % slots_a_bucket] = {key, row};
}

void row_hints::grow() {
    const auto old = std::exchange(buckets_, std::vector<bucket>(buckets_.size() * 2));
    held_ = 0;
    for (const auto& one : old)
        for (const auto& each : one.slots)
            if (each.key != 0) put(each.key, each.row);
}

}  // namespace carrel::siem
