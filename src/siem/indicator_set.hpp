#pragma once

#include "indicators/lookup.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Which indicators there are, as hashes of kind and normalized text with a key of the process: 16 bytes each. It may take one
/// for another once in 2^40 or so: whoever must know asks for the text as well. Immutable once filled; then thread-safe.
class indicator_set {
public:
    /// For so many, or a few more.
    explicit indicator_set(std::size_t count = 0);

    void add(indicators::kind of, std::string_view normalized);
    bool holds(indicators::kind of, std::string_view normalized) const noexcept {
        return count_ > 0 && holds_hash(hash_of(of, normalized));
    }
    std::size_t size() const noexcept { return count_; }
    std::size_t bytes() const noexcept { return slots_.size() * sizeof(std::uint64_t); }

    /// Calls `found(kind, normalized)` for each indicator that a value of an event is or is in. `scratch` keeps what is made
    /// on the way.
    template <class Found>
    void match(indicators::lookup& by, std::string& scratch, std::string_view value, Found&& found) const {
        for (const indicators::lookup_key& each : by.forms(value))
            if (holds(each.of, each.text)) found(each.of, each.text);
        if (!by.last_address()) return;
        for (const int bits : by.last_address()->is_v6 ? bits_v6_ : bits_v4_) {
            scratch.clear();
            indicators::append_network(scratch, indicators::network_of(*by.last_address(), bits));
            if (holds(indicators::kind::cidr, scratch)) found(indicators::kind::cidr, std::string_view(scratch));
        }
    }

private:
    static std::uint64_t hash_of(indicators::kind of, std::string_view normalized) noexcept;
    bool holds_hash(std::uint64_t hash) const noexcept;
    void insert(std::uint64_t hash) noexcept;
    void grow();

    std::vector<std::uint64_t> slots_;  // 0: free
    std::size_t count_ = 0;
    std::vector<int> bits_v4_, bits_v6_;  // of the networks that are known, each once
};

}  // namespace carrel::siem
