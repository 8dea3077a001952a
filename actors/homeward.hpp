#pragma once

#include "actors/job_list.hpp"

#include <carrel/detail/job.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace carrel::detail {

/// Finished jobs on their way to where they came from: one post a shard, however many there are.
class homeward {
public:
    /// Destroys the work on this thread and keeps the rest until `send`.
    void add(std::unique_ptr<job> done);
    void send();

private:
    struct group {
        std::shared_ptr<shard_core> home;
        job_list<job> jobs;
    };
    group& group_of(const std::shared_ptr<shard_core>& home);

    std::vector<group> groups_;
};

}  // namespace carrel::detail
