#include "actors/reply_batch.hpp"

#include "actors/resident_reader.hpp"

namespace carrel::detail {

void reply_batch::add(job_ptr<job> finished) noexcept {
    finished->release_work();
    finished_.push_back(std::move(finished));
}

void reply_batch::send() noexcept {
    while (!finished_.empty()) {
        const auto shard = finished_.front()->reply_shard;
        auto same = finished_.extract_if([&shard](const job& one) { return one.reply_shard == shard; });
        if (shard && shard->take_back(same)) continue;
        // No shard, or it is gone: each handler's own executor takes its reply. Posted, since an executor that may run a
        // handler at once would run it on this actor's thread.
        while (auto one = same.pop_front()) {
            one->reply_shard.reset();
            deliver_or_keep(std::move(one), delivery::post, timer_);
        }
    }
}

}  // namespace carrel::detail
