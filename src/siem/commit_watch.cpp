#include "siem/commit_watch.hpp"

#include <carrel/stats.hpp>

namespace carrel::siem {

// The number is read before the look: what is committed meanwhile makes the next look worth while.
bool commit_watch::take() {
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t last = store_->stats().writer.commit_sequence;
    const std::lock_guard lock(mutex_);
    const bool is_due = due_every_ && now >= look_at_;
    // Another thread may have seen a later one by now.
    if (seen_ && last <= *seen_ && !is_due) return false;
    seen_ = last;
    if (due_every_) look_at_ = now + *due_every_;
    return true;
}

void commit_watch::give_back() {
    const std::lock_guard lock(mutex_);
    seen_.reset();
}

}  // namespace carrel::siem
