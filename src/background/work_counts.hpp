#pragma once

#include "siem/console/trouble_census.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

namespace carrel::siem {

/// What the threads beside the requests have done since the start, and what they found at their last look. Thread-safe.
struct work_counts {
    using count = std::atomic<std::uint64_t>;

    /// Synchronisations of feeds that have ended; those that only test are none.
    count syncs_succeeded{0}, syncs_failed{0};
    /// Attempts at steps of playbooks that others are requested to do. One that failed and is to be tried again is `repeated` only.
    count steps_succeeded{0}, steps_failed{0}, steps_unknown{0}, steps_repeated{0};
    /// Notices about requests for approval.
    count notices_sent{0}, notices_failed{0};

    void set_troubles(trouble_census found) {
        const std::lock_guard lock(mutex_);
        troubles_ = std::move(found);
    }
    /// Of the last census; nothing is known before the first.
    trouble_census troubles() const {
        const std::lock_guard lock(mutex_);
        return troubles_;
    }

private:
    mutable std::mutex mutex_;
    trouble_census troubles_;  // guarded by mutex_
};

}  // namespace carrel::siem
