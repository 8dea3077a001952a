#pragma once

#include "base/siphash.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace carrel::siem {

/// Counts how often each value occurs, in bounded memory. Not thread-safe.
///
/// Exact as long as the different values fit. Beyond that the rare ones make room, as Misra and Gries (1982) describe it: a
/// count is then at most `error()` too low, and a value that is gone occurred at most that often.
class value_counts {
public:
    static constexpr std::size_t values_max = 200'000;
    static constexpr std::size_t bytes_max = 32u << 20;

    explicit value_counts(std::size_t most_values = values_max, std::size_t most_bytes = bytes_max)
        : values_max_(most_values),
          bytes_max_(most_bytes) {}

    void add(std::string_view value, std::int64_t times = 1);

    struct entry {
        std::string_view value;
        std::int64_t count = 0;
    };
    /// The most frequent values first; those with equal counts in the order of their bytes. Valid until the next `add`.
    std::vector<entry> most_frequent(std::size_t most) const;
    /// The values behind `after` in the order of their bytes, with one more than `most` if there are more.
    std::vector<entry> in_order(std::string_view after, std::size_t most) const;
    std::size_t size() const noexcept { return counts_.size(); }
    std::int64_t error() const noexcept { return error_; }

private:
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return base::keyed_hash(text); }
    };
    void make_room();
    std::vector<entry> all() const;

    std::size_t values_max_, bytes_max_;
    std::unordered_map<std::string, std::int64_t, hash, std::equal_to<>> counts_;
    std::size_t bytes_ = 0;
    std::int64_t error_ = 0;
};

}  // namespace carrel::siem
