#include "actors/homeward.hpp"

#include "actors/resident.hpp"

namespace carrel::detail {

void homeward::add(std::unique_ptr<job> done) {
    done->release_work();
    auto& of_home = group_of(done->home);
    of_home.jobs.push_back(std::move(done));
}

void homeward::send() {
    for (auto& [home, jobs] : groups_) {
        if (jobs.empty()) continue;
        if (home && home->arrive(jobs)) continue;
        // No shard, or it is gone: each handler's own executor takes its result. Posted, since an executor that may run
        // a handler at once would run it on this actor's thread.
        while (auto job = jobs.pop_front()) job.release()->deliver(delivery::post);
    }
    groups_.clear();
}

homeward::group& homeward::group_of(const std::shared_ptr<shard_core>& home) {
    for (auto& one : groups_)
        if (one.home == home) return one;
    return groups_.emplace_back(group{home, {}});
}

}  // namespace carrel::detail
