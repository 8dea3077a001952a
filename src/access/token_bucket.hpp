#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace carrel::access {

/// Token buckets by key: each key may take `burst` at once, and `rate` a second in the long run. Thread-safe; keys rarely wait
/// for each other.
///
/// Its memory is fixed: 16 bytes for each of `entries_max` (rounded up), whatever keys come. A key's bucket is needed while it
/// is not full. When more keys are in use than there is room for, a new one takes the place of the fullest of eight, which its
/// hash picks by a secret: who sends from many addresses makes the limiter forget who took little, long before who has to wait.
class rate_limiter {
public:
    using clock = std::chrono::steady_clock;

    /// A rate of 0 limits nothing. A burst below 1 is 1.
    rate_limiter(double rate, double burst, std::size_t entries_max);
    ~rate_limiter();
    rate_limiter(rate_limiter&&) noexcept;
    rate_limiter& operator=(rate_limiter&&) noexcept;

    /// Takes `cost` of the key's bucket: nothing if they were there; else how long until they will be, at least one second,
    /// and none is taken. A cost above the burst counts as the burst. `now` may go backwards between threads.
    std::optional<std::chrono::seconds> take(std::uint64_t key, clock::time_point now, double cost = 1) noexcept;
    std::optional<std::chrono::seconds> take(std::string_view key, clock::time_point now, double cost = 1) noexcept;

    bool is_off() const noexcept;

private:
    struct table;
    std::unique_ptr<table> table_;
};

}  // namespace carrel::access
