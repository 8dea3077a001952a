#pragma once

#include "http/protocol/method.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace carrel::http {

/// Replies by method and status. Counted by one thread, read by any.
class response_counts {
public:
    static constexpr unsigned short status_min = 200;
    static constexpr unsigned short status_max = 599;
    static constexpr std::size_t methods = method_count;

    void add(method of, unsigned short status) noexcept {
        auto& count = counts_[static_cast<std::size_t>(of)][status - status_min];
        // Its owner alone writes: no locked instruction.
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    std::uint64_t get(method of, unsigned short status) const noexcept {
        return counts_[static_cast<std::size_t>(of)][status - status_min].load(std::memory_order_relaxed);
    }

private:
    std::array<std::array<std::atomic<std::uint64_t>, status_max - status_min + 1>, methods> counts_{};
};

}  // namespace carrel::http
