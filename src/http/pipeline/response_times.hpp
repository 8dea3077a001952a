#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace carrel::http {

/// How long responses took to begin, by endpoint and class of status: from the turn of the shard that found the request's first
/// bytes. Counted by one thread, read by any.
class response_times {
public:
    using duration = std::chrono::steady_clock::duration;
    /// Upper bounds of the buckets in seconds; one more has the rest.
    static constexpr std::array<double, 16> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
    static constexpr std::size_t buckets = bounds.size() + 1;
    static constexpr std::size_t classes = 4;  // 2xx to 5xx

    /// Of so many endpoints.
    explicit response_times(std::size_t endpoints)
        : series_(endpoints * classes) {}

    void add(std::size_t endpoint, unsigned short status, duration took) noexcept {
        auto& into = series_[endpoint * classes + class_of(status)];
        const double seconds = std::chrono::duration<double>(took).count();
        std::size_t bucket = 0;
        while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
        grow(into.counts[bucket], 1);
        grow(into.nanoseconds,
             static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::nanoseconds(took).count())));
    }

    struct totals {
        std::array<std::uint64_t, buckets> counts{};
        double seconds = 0;
    };
    /// Adds what this one counted. `status_class` is 2 to 5.
    void add_to(totals& into, std::size_t endpoint, std::size_t status_class) const noexcept {
        const auto& from = series_[endpoint * classes + (status_class - 2)];
        for (std::size_t i = 0; i < buckets; ++i) into.counts[i] += from.counts[i].load(std::memory_order_relaxed);
        into.seconds += static_cast<double>(from.nanoseconds.load(std::memory_order_relaxed)) * 1e-9;
    }

private:
    struct series {
        std::array<std::atomic<std::uint64_t>, buckets> counts{};
        std::atomic<std::uint64_t> nanoseconds{0};
    };
    static constexpr std::size_t class_of(unsigned short status) noexcept {
        return status < 300 ? 0 : status < 400 ? 1 : status < 500 ? 2 : 3;
    }
    // Its owner alone writes: no locked instruction.
    static void grow(std::atomic<std::uint64_t>& count, std::uint64_t by) noexcept {
        count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }

    std::vector<series> series_;
};

}  // namespace carrel::http
