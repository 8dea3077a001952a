#pragma once

#include <atomic>
#include <cstdint>

namespace carrel::testing {

/// SQLite's allocator with allocations that fail on demand. Installed before the first use of SQLite in the process.
struct malloc_faults {
    static void install();

    /// The `n`-th allocation of this thread from now on fails, n from 1; 0: none does.
    static void fail_here(int n) noexcept;

    /// Allocations of all threads, counted while `fail_at` is not 0.
    static inline std::atomic<std::int64_t> counted{0};
    static inline std::atomic<std::int64_t> fail_at{0};  // that one fails; 0: none
    static inline std::atomic<bool> for_ever{false};     // and all that follow
};

}  // namespace carrel::testing
