#pragma once

#include <carrel/detail/views.hpp>
#include <carrel/error.hpp>
#include <carrel/job_options.hpp>
#include <carrel/session.hpp>
#include <carrel/stats.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace carrel::detail {

using steady_time = std::chrono::steady_clock::time_point;

class resident_reader;

/// How an outcome reaches the handler's executor: `dispatch` may run the handler at once when this thread is that
/// executor's, `post` never does.
enum class delivery { dispatch, post };

/// The only message between a caller and an actor: work, handler, deadline. Run or failed exactly once, delivered exactly
/// once. Owned by whichever queue or actor holds it; `deliver` destroys it.
class job {
public:
    job() = default;
    job(const job&) = delete;
    job& operator=(const job&) = delete;

    /// Completes the job without running it, or replaces what its run left.
    virtual void fail(error reason) noexcept = 0;
    virtual bool has_failed() const noexcept = 0;
    /// Whether it failed because SQLite was interrupted.
    virtual bool was_interrupted() const noexcept { return false; }
    /// Destroys the work and its captures; called on the actor's thread before `deliver`.
    virtual void release_work() noexcept = 0;
    /// Hands the outcome to the handler's executor and destroys the job. False if that executor had no memory for it: the
    /// job stays with the caller, whole. Throws what a handler throws that `dispatch` runs, when the job has ended.
    [[nodiscard]] virtual bool deliver(delivery way) = 0;
    /// Ends the job without completing it and returns its memory to the handler's allocator.
    virtual void destroy() noexcept = 0;

    bool is_cancelled() const noexcept { return cancelled.load(std::memory_order_relaxed); }

    job* next = nullptr;  // link of the queue that holds the job
    std::shared_ptr<resident_reader>
        reply_shard;                             // deliver on its shard's thread; null: through the handler's executor
    boost::asio::io_context* context = nullptr;  // the handler's, if its executor is an io_context's
    steady_time accepted;
    steady_time deadline;
    const job_origin* origin = nullptr;
    job_timing* timing = nullptr;               // the host's; written by whoever has the job
    std::size_t bytes = 0;                      // payload, for the bounds of queues and batches
    std::uint64_t ticket = 0;                   // order of arrival in its queue
    std::uint64_t fingerprint = 0;              // of the deep statement that made a resident hand the job on
    std::chrono::nanoseconds cost{0};           // processor time of its run on a background reader
    std::chrono::nanoseconds expected_cost{0};  // what the dispatcher reckons with while the job waits
    std::atomic<bool> cancelled{false};
    bool waits_on_thread = false;  // its caller may block this thread until it completes
    bool is_deep = false;          // waits with the deep reads
    bool is_background = false;    // never run on a resident reader
    bool holds_snapshot = true;    // a read that needs none keeps no checkpoint from its end

protected:
    virtual ~job() = default;
};

struct destroy_job {
    void operator()(job* one) const noexcept { one->destroy(); }
};
template <class Job>
using job_ptr = std::unique_ptr<Job, destroy_job>;

class read_job : public job {
public:
    /// May be called again after `discard`: a read has no side effects.
    virtual void run(read_session& session) noexcept = 0;
    /// Forgets what a run left, so that it can run again.
    virtual void discard() noexcept = 0;
};

/// What a job that runs outside any transaction asks of the writer.
enum class maintenance { none, checkpoint, vacuum };

class write_job : public job {
public:
    virtual void run(write_session& session) noexcept = 0;
    virtual void discard() noexcept = 0;
    /// What maintenance did.
    virtual void report(const checkpoint_report&) noexcept {}

    std::uint64_t commit_sequence = 0;  // of the commit that holds it, set before `deliver`
    durability needed = durability::full;
    carrel::priority priority = carrel::priority::normal;
    maintenance upkeep = maintenance::none;
    bool single_statement = false;  // needs no savepoint
};

}  // namespace carrel::detail
