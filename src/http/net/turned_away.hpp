#pragma once

#include <atomic>
#include <cstdint>

namespace carrel::http {

/// The limit that a connection is over: that of all connections, or that of one address's.
enum class over_limit { all, of_address };

/// Connections that were turned away, by what they were answered. No request is read on them, so no other count has them.
/// Any thread.
struct turned_away_counts {
    std::atomic<std::uint64_t> full{0};        ///< 503: as many as may be are open.
    std::atomic<std::uint64_t> of_address{0};  ///< 429: as many of the address are.
    std::atomic<std::uint64_t> unanswered{
        0};  ///< Closed at once: too many were being answered, or no descriptor was left.

    void add(over_limit limit) noexcept { ++(limit == over_limit::all ? full : of_address); }
};

}  // namespace carrel::http
