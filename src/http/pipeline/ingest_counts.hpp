#pragma once

#include "siem/event_intake.hpp"

#include <atomic>
#include <cstdint>

namespace carrel::http {

/// Events of requests whose outcome is known. Counted by one thread, read by any.
struct ingest_counts {
    std::atomic<std::uint64_t> stored{0};      ///< A replay counts what it answers.
    std::atomic<std::uint64_t> bytes{0};       ///< Of parts that committed, unpacked.
    std::atomic<std::uint64_t> untimed{0};     ///< Of those stored: they have the time of their receipt.
    std::atomic<std::uint64_t> duplicates{0};  ///< Known already by their identity.
    std::atomic<std::uint64_t> rejected{0};    ///< No events.

    void add(const siem::stored_part& part, std::size_t size) noexcept {
        grow(stored, static_cast<std::uint64_t>(part.accepted));
        grow(bytes, size);
        grow(untimed, static_cast<std::uint64_t>(part.untimed));
        grow(duplicates, static_cast<std::uint64_t>(part.duplicates));
    }
    // Its owner alone writes: no locked instruction.
    static void grow(std::atomic<std::uint64_t>& count, std::uint64_t by) noexcept {
        count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
};

}  // namespace carrel::http
