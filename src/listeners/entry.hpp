#pragma once

#include "listeners/actor.hpp"

#include <deque>
#include <mutex>

namespace carrel::listeners {

/// What a supervisor knows of one listener. All of it belongs to the supervisor's thread, but for what is counted.
struct entry {
    explicit entry(std::string named)
        : id(std::move(named)) {}

    const std::string id;
    std::int64_t row = 0;
    std::unique_ptr<actor> running;
    bool is_busy = false;  // a change is taking effect; others wait
    bool is_gone = false;  // it is not stored any more
    std::deque<siem::listener_control::settled> waiting;
    std::optional<std::int64_t> written;  // the sum of the counts that were written last

    syslog::counts counted;  // in this process

    /// What was counted before, once; and how fast it is lately.
    void count_from(const siem::listener_counts& before);
    void measure(double seconds);
    /// In all. Any thread.
    siem::listener_counts counts() const;
    bool is_known() const;

private:
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    siem::listener_counts before_;
    bool is_known_ = false;
    double per_second_ = 0;
    std::uint64_t measured_ = 0;
};

}  // namespace carrel::listeners
