#pragma once

#include <atomic>
#include <cstdint>

namespace carrel::siem {

/// What an event_keeper has done: events. Any thread may read it.
struct keeper_counters {
    std::atomic<std::uint64_t> deleted_on_request{0}, deleted_by_age{0}, deleted_by_size{0};
    std::atomic<std::uint64_t> put_together{0};
};

}  // namespace carrel::siem
