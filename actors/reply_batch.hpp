#pragma once

#include "actors/deadline_timer.hpp"
#include "actors/job_list.hpp"

#include <carrel/detail/job.hpp>

namespace carrel::detail {

/// Finished jobs on their way to their handlers: one post a shard, however many there are. Allocates nothing of its own.
class reply_batch {
public:
    explicit reply_batch(deadline_timer& timer)
        : timer_(timer) {}

    /// Ends the work on this thread and keeps the rest until `send`.
    void add(job_ptr<job> finished) noexcept;
    void send() noexcept;

private:
    deadline_timer& timer_;
    job_list<job> finished_;
};

}  // namespace carrel::detail
