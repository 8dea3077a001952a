#pragma once

#include "actors/job_list.hpp"
#include "actors/read_connection.hpp"
#include "actors/reader_policy.hpp"

#include <carrel/detail/job.hpp>

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace carrel::detail {

class engine;

/// The reader actor on a shard's own thread, and the way through which replies reach that thread.
///
/// Reads that arrive in one turn of the context's loop are drained together and share a snapshot, each under the time
/// budget. What outgrows it, and what waits behind a slow turn, goes to the background readers. Nobody steals from a
/// resident, so its queue needs no lock on the path of every point read.
class resident_reader : public std::enable_shared_from_this<resident_reader> {
public:
    resident_reader(engine& owner, boost::asio::io_context& context, std::unique_ptr<read_connection> connection);

    /// Opens the connection and makes the context's thread know its shard.
    result<void> attach();
    /// As `attach` has the context do: this thread runs it.
    void join_thread() noexcept;
    /// The resident of this engine whose context this thread runs at this moment.
    static resident_reader* of_this_thread(std::uint64_t engine_id) noexcept;
    /// Stops taking reads; replies that are still away find their own executor. While the context's run() is not running.
    void detach() noexcept;

    /// Queues a read for the end of this turn. On the shard's thread.
    void submit(job_ptr<read_job> one) noexcept;
    /// Brings finished jobs to the shard; any thread. False, leaving them with the caller, when the shard is gone.
    bool take_back(job_list<job>& finished) noexcept;

    boost::asio::io_context& context() const noexcept { return context_; }
    const actor_probe& probe() const noexcept { return connection_->probe(); }
    std::uint64_t overruns() const noexcept { return overruns_.get(); }
    std::uint64_t known_deep() const noexcept { return known_deep_.get(); }

private:
    void drain();
    void run_turn(job_list<read_job>& turn, job_list<job>& done, job_list<read_job>& handed_on) noexcept;
    void run_one(job_ptr<read_job> next, steady_time now, job_list<job>& done, job_list<read_job>& handed_on) noexcept;
    void fail_turn(job_list<read_job>& turn, const error& reason, job_list<job>& done) noexcept;
    void hand_on(job_list<read_job>& jobs) noexcept;
    void deliver_here(job_list<job>& done);
    void deliver_returned();

    engine& owner_;
    const std::uint64_t engine_id_;
    boost::asio::io_context& context_;
    std::atomic<bool> is_attached_{true};

    // Touched only by the shard's thread.
    std::unique_ptr<read_connection> connection_;
    job_list<read_job> pending_;
    deep_statements deep_;
    bool drain_posted_ = false;
    std::shared_ptr<resident_reader> next_of_thread_;  // link of the thread's residents

    std::mutex mutex_;
    job_list<job> returned_;  // guarded by mutex_

    counter overruns_;
    counter known_deep_;
};

}  // namespace carrel::detail
