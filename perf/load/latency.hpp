#pragma once

#include <boost/histogram.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace carrel::load {

/// Latencies in milliseconds, from 1 µs to 100 s in bins that are 1 % wide. Not thread-safe; merge those of the threads.
class latency_histogram {
public:
    void add(std::chrono::nanoseconds latency) {
        const auto milliseconds = std::max(1e-3, std::chrono::duration<double, std::milli>(latency).count());
        bins_(milliseconds);
        longest_ = std::max(longest_, milliseconds);
        ++count_;
    }
    void merge(const latency_histogram& other) {
        bins_ += other.bins_;
        longest_ = std::max(longest_, other.longest_);
        count_ += other.count_;
    }

    std::uint64_t count() const noexcept { return count_; }
    double longest() const noexcept { return longest_; }
    /// The latency that `part` of all stayed under, by the upper end of its bin; 0 without any.
    double percentile(double part) const {
        double below = 0;
        for (const auto& bin : boost::histogram::indexed(bins_, boost::histogram::coverage::all)) {
            below += *bin;
            if (below > 0 && below >= part * static_cast<double>(count_)) return std::min(bin.bin().upper(), longest_);
        }
        return longest_;
    }

private:
    using axis = boost::histogram::axis::regular<double, boost::histogram::axis::transform::log>;
    decltype(boost::histogram::make_histogram(axis(1, 1, 2))) bins_ =
        boost::histogram::make_histogram(axis(1'850, 1e-3, 1e5));
    double longest_ = 0;
    std::uint64_t count_ = 0;
};

}  // namespace carrel::load
