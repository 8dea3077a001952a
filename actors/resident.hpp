#pragma once

#include "actors/job_list.hpp"
#include "actors/reader.hpp"
#include "actors/reader_policy.hpp"

#include <carrel/detail/job.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace carrel::detail {

class engine;

/// The actor side of a `shard`: a resident reader on the shard's thread and the door through which results come home.
///
/// Reads that arrive in one turn of the loop are drained together and share a snapshot, each under the time budget. What
/// outgrows it, and what waits behind a slow turn, goes to the background readers.
class shard_core : public std::enable_shared_from_this<shard_core> {
public:
    shard_core(std::shared_ptr<engine> owner, boost::asio::io_context& context, std::unique_ptr<reader> resident);

    /// Opens the connection and makes the context's thread know its shard.
    result<void> attach();
    /// The thread's shard of this engine, if it is on one.
    static shard_core* of_this_thread(const engine& owner) noexcept;
    /// Stops taking reads; results that are still away find their own executor. After the context's run() returned.
    void detach();

    /// Queues a read for the end of this turn. On the shard's thread.
    void submit(std::unique_ptr<read_job> job);
    /// Brings finished jobs home; any thread. False, leaving them with the caller, when the shard is gone.
    bool arrive(job_list<job>& finished);

    const reader& resident() const noexcept { return *resident_; }
    std::uint64_t overruns() const noexcept { return overruns_.get(); }
    std::uint64_t known_deep() const noexcept { return known_deep_.get(); }

private:
    void drain();
    void run_turn(job_list<read_job>& turn, job_list<job>& done, job_list<read_job>& handed_on);
    void run_one(std::unique_ptr<read_job> next, steady_time now, job_list<job>& done, job_list<read_job>& handed_on);
    void hand_on(job_list<read_job>& jobs);
    void welcome();

    std::shared_ptr<engine> owner_;
    boost::asio::io_context& context_;

    // Touched only by the shard's thread.
    std::unique_ptr<reader> resident_;
    job_list<read_job> pending_;
    deep_statements deep_;
    bool drain_posted_ = false;

    std::mutex mutex_;
    job_list<job> arrivals_;  // guarded by mutex_
    bool attached_ = true;    // guarded by mutex_

    counter overruns_;
    counter known_deep_;
};

}  // namespace carrel::detail
