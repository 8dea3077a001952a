#include "siem/indicator_set.hpp"

#include "base/siphash.hpp"

#include <algorithm>
#include <bit>

namespace carrel::siem {

namespace {

constexpr std::size_t slots_min = 64;

}  // namespace

indicator_set::indicator_set(std::size_t count)
    : slots_(std::bit_ceil(std::max(slots_min, 2 * count))) {}

std::uint64_t indicator_set::hash_of(indicators::kind of, std::string_view normalized) noexcept {
    const std::uint64_t mixed =
        base::keyed_hash(normalized) ^ (static_cast<std::uint64_t>(of) + 1) * 0x9e3779b97f4a7c15;
    return mixed == 0 ? 1 : mixed;
}

bool indicator_set::holds_hash(std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask)
        if (slots_[at] == hash) return true;
    return false;
}

void indicator_set::insert(std::uint64_t hash) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & mask;
    if (slots_[at] == 0) ++count_;
    slots_[at] = hash;
}

void indicator_set::grow() {
    std::vector<std::uint64_t> old(slots_.size() * 2);
    old.swap(slots_);
    count_ = 0;
    for (const std::uint64_t each : old)
        if (each != 0) insert(each);
}

void indicator_set::add(indicators::kind of, std::string_view normalized) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    insert(hash_of(of, normalized));
    if (of != indicators::kind::cidr) return;
    const auto network = indicators::parse_network(normalized);
    if (!network) return;
    auto& known = network->first.is_v6 ? bits_v6_ : bits_v4_;
    if (std::find(known.begin(), known.end(), network->bits) == known.end()) known.push_back(network->bits);
}

}  // namespace carrel::siem
