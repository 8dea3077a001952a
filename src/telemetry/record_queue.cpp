#include "telemetry/record_queue.hpp"

#include <utility>

namespace carrel::telemetry {

void record_queue::lane::put(std::string_view record) {
    bool fills = false;
    {
        const std::lock_guard lock(mutex_);
        const auto before = records_.size();
        if (before + record.size() > bytes_max_) {
            ++dropped_;
            return;
        }
        records_.append(record);
        fills = before <= bytes_max_ / 2 && records_.size() > bytes_max_ / 2;
    }
    if (fills) owner_->announce();
}

record_queue::lane& record_queue::add_lane() {
    const std::lock_guard lock(mutex_);
    return *lanes_.emplace_back(std::make_unique<lane>(*this, lane_bytes_max_));
}

void record_queue::take(std::string& into) {
    const std::lock_guard lock(mutex_);
    std::string taken;
    for (const auto& each : lanes_) {
        {
            const std::lock_guard lane_lock(each->mutex_);
            taken.swap(each->records_);
        }
        into.append(taken);
        taken.clear();  // the next lane gets its memory
    }
}

void record_queue::announce() {
    {
        const std::lock_guard lock(mutex_);
        is_filling_ = true;
    }
    changed_.notify_one();
}

bool record_queue::wait(std::chrono::milliseconds time_max) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time_max, [this] { return is_filling_ || is_finished_; });
    is_filling_ = false;
    return !is_finished_;
}

void record_queue::finish() {
    {
        const std::lock_guard lock(mutex_);
        is_finished_ = true;
    }
    changed_.notify_all();
}

std::uint64_t record_queue::dropped() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& each : lanes_) {
        const std::lock_guard lane_lock(each->mutex_);
        sum += each->dropped_;
    }
    return sum;
}

}  // namespace carrel::telemetry
