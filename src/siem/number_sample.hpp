#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Sums numbers up in bounded memory: least, greatest, average and percentiles. Not thread-safe.
///
/// Numbers are kept with 64 bits of mantissa, so that every integer of 64 bits is exact. Percentiles are those of all
/// numbers up to `kept_max`, and beyond that of a random sample of as many (Vitter 1985, algorithm R).
class number_sample {
public:
    using number = long double;
    static constexpr std::size_t kept_max = 500'000;

    /// The number that a text is, as JSON writes numbers; nothing for another text, or one out of range.
    static std::optional<number> parse(std::string_view text);
    /// An integer as such, else the shortest text that reads back as the same double.
    static std::string written(number value);

    void add(number value);

    std::uint64_t count() const noexcept { return count_; }
    bool is_sampled() const noexcept { return count_ > kept_.size(); }
    number least() const noexcept { return least_; }
    number greatest() const noexcept { return greatest_; }
    number sum() const noexcept { return sum_; }
    number average() const noexcept { return sum_ / static_cast<number>(count_); }
    /// The least number that is not below `percent` of them (nearest rank). There must be one.
    number percentile(double percent);

private:
    std::vector<number> kept_;
    bool is_sorted_ = false;
    std::uint64_t count_ = 0;
    std::uint64_t random_ = 0x9e3779b97f4a7c15;
    number least_ = 0, greatest_ = 0, sum_ = 0;
};

}  // namespace carrel::siem
