#pragma once

#include <atomic>
#include <cstdint>

namespace carrel::siem {

/// What an event_keeper has done and found: events. Any thread may read it.
struct keeper_counters {
    std::atomic<std::uint64_t> deleted_on_request{0}, deleted_by_age{0}, deleted_by_size{0};
    std::atomic<std::uint64_t> put_together{0};
    // How many there are, a few seconds ago at most. Times are microseconds since 1970; 0: none.
    std::atomic<std::int64_t> segments{0}, events{0}, fresh_segments{0}, fresh_events{0};
    std::atomic<std::int64_t> oldest_at{0}, fresh_since{0};
    // Rows of version 0.1.0 that wait to be moved into segments.
    std::atomic<std::int64_t> rows_left{0};
    // What is kept; 0: all.
    std::atomic<std::int64_t> days_max{0}, bytes_max{0};
};

}  // namespace carrel::siem
