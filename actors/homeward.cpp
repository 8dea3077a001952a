#include "actors/homeward.hpp"

#include "actors/resident.hpp"

namespace carrel::detail {

void homeward::add(std::unique_ptr<job> done) {
    done->release_work();
    group_of(done->home).jobs.push_back(std::move(done));
}

void homeward::send() {
    for (auto& [home, jobs] : groups_) {
        if (jobs.empty()) continue;
        if (home && home->arrive(jobs)) continue;
        // No shard, or it is gone: each handler's own executor takes its result.
        while (auto job = jobs.pop_front()) job.release()->deliver();
    }
    groups_.clear();
}

homeward::group& homeward::group_of(const std::shared_ptr<shard_core>& home) {
    for (auto& one : groups_)
        if (one.home == home) return one;
    return groups_.emplace_back(home, job_list<job>());
}

}  // namespace carrel::detail
