#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace carrel::testing {

/// The process's `operator new`, and the `aligned_alloc` that Asio uses beside it, failing on demand. Counts the
/// allocations of every thread while it is armed; linked into a program, it replaces both there.
struct new_faults {
    /// The `at`-th allocation from now on fails, and `more` that follow it.
    static void arm(std::int64_t at, std::int64_t more) noexcept;
    static void disarm() noexcept;
    /// Allocations of these sizes are never refused; 0: none.
    static inline std::atomic<std::size_t> spared_size{0};
    static inline std::atomic<std::size_t> spared_size_too{0};
    /// Whether one has failed since `arm`.
    static bool has_struck() noexcept { return struck; }

    static inline std::atomic<std::int64_t> counted{0};
    static inline std::atomic<std::int64_t> first{0};  // the first that fails; 0: none
    static inline std::atomic<std::int64_t> last{0};
    static inline std::atomic<bool> struck{false};

    /// Allocations of this thread are the test's own while it lives: not counted, and never refused.
    class spared {
    public:
        spared() noexcept;
        ~spared();
        spared(const spared&) = delete;
        spared& operator=(const spared&) = delete;
    };
};

}  // namespace carrel::testing
