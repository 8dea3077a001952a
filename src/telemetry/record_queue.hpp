#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::telemetry {

/// Records, a line each, on their way from many threads to one. Each thread that makes some has a lane of its own, which the one
/// that takes them empties now and then: nobody is woken for a record, and nobody waits longer than a copy takes.
///
/// What does not fit a lane is dropped and counted.
class record_queue {
public:
    class lane {
    public:
        lane(record_queue& owner, std::size_t bytes_max)
            : owner_(&owner),
              bytes_max_(bytes_max) {}
        /// A record with its line end. Any thread, though it is meant for one.
        void put(std::string_view record);

    private:
        friend class record_queue;
        record_queue* owner_;
        std::size_t bytes_max_;
        std::mutex mutex_;
        std::string records_;
        std::uint64_t dropped_ = 0;
    };

    /// `lane_bytes_max` bounds what waits in one lane.
    explicit record_queue(std::size_t lane_bytes_max)
        : lane_bytes_max_(lane_bytes_max) {}

    /// Lives as long as the queue. Any thread.
    lane& add_lane();

    /// Appends what waits in all lanes. One thread.
    void take(std::string& into);
    /// Waits until a lane is half full, `finish` was called, or the time is over. False once it was called.
    bool wait(std::chrono::milliseconds time_max);
    void finish();

    /// Records that did not fit. Any thread.
    std::uint64_t dropped() const;

private:
    void announce();

    const std::size_t lane_bytes_max_;
    mutable std::mutex mutex_;  // of the list and the flags; never held with a lane's by whoever puts
    std::condition_variable changed_;
    std::vector<std::unique_ptr<lane>> lanes_;
    bool is_filling_ = false, is_finished_ = false;
};

}  // namespace carrel::telemetry
