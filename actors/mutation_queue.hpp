#pragma once

#include "actors/deadline_timer.hpp"
#include "actors/job_list.hpp"
#include "actors/turn_executor.hpp"
#include "actors/writer_policy.hpp"

#include <carrel/detail/job.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

namespace carrel::detail {

enum class push_result { queued, full, closed };

/// The strand-serialised queue of mutation messages: many threads put in, the writer's turns take out, one turn at a
/// time. One post wakes the writer for all that arrived.
///
/// Bounded by count and by bytes of payload; what is taken out counts until the taker has finished it, so that a long
/// batch is felt by those who push. What waits stays here until its turn, so that its deadline and its cancellation hold
/// however long the writer is busy.
class mutation_queue final : public timed {
public:
    /// `turn` runs on a strand of `executor`. `timer` watches this queue.
    mutation_queue(boost::asio::any_io_executor executor, std::function<void()> turn, std::size_t jobs_max,
                   std::size_t bytes_max, deadline_timer& timer);

    /// On `queued` the job is taken over; else it stays with the caller. Any thread.
    push_result push(job_ptr<write_job>& one) noexcept;
    /// Has the writer run a turn although nothing was pushed. Any thread.
    void wake() noexcept;

    // -- in a turn ---
    /// What waits as a batch begins.
    batch_state begin_batch() noexcept;
    /// The next job of a batch that holds `batch`, or null if it should end: see `choose_lane`.
    job_ptr<write_job> pop(const batch_state& batch, const batch_limits& limits, std::chrono::nanoseconds running,
                           bool is_durable) noexcept;
    /// Puts jobs that were popped before those that wait.
    void give_back(job_list<write_job> unrun) noexcept;
    /// Whether one of the next jobs needs durability: what could be in a batch decides for it.
    bool needs_durability(std::size_t looked_at_max) const noexcept;
    /// The taker is done with jobs of this size.
    void finished(std::size_t jobs, std::size_t bytes) noexcept;
    bool is_empty() const noexcept { return waiting_.load(std::memory_order_relaxed) == 0; }
    /// Jobs that wait; read by a running job that asks whether it should yield.
    const std::atomic<std::size_t>& waiting() const noexcept { return waiting_; }

    /// Refuses jobs from now on.
    void close() noexcept;
    /// Waits until nothing waits and no turn runs. After `close`, not in a turn.
    void wait_until_drained();

    /// Delivers `waiter` when there is room, or fails it when the queue is closed.
    void await_room(job_ptr<job> waiter) noexcept;

    std::pair<std::size_t, std::size_t> held() const noexcept;
    std::chrono::nanoseconds age(steady_time now) const noexcept;

    /// Takes out what has lapsed.
    steady_time look(steady_time now) noexcept override;
    std::uint64_t lapsed() const noexcept { return lapsed_.load(std::memory_order_relaxed); }

private:
    friend class turn_executor<mutation_queue>;
    using strand = boost::asio::strand<turn_executor<mutation_queue>>;
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    turn_slot& slot() noexcept { return slot_; }
    void post_slot() noexcept;
    void post_turn() noexcept;
    void post_later(bool& failed) noexcept;
    void run_turn() noexcept;
    bool has_room() const noexcept { return jobs_ < jobs_max_ && bytes_ < bytes_max_; }
    job_list<job> take_waiters_if_room() noexcept;
    void release_waiters(job_list<job> ready, bool is_closed) noexcept;

    const boost::asio::any_io_executor executor_;
    const std::function<void()> turn_;
    const std::size_t jobs_max_;
    const std::size_t bytes_max_;
    deadline_timer& timer_;
    turn_slot slot_;  // used by the thread that runs or wakes the strand
    strand strand_;
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::uint64_t> lapsed_{0};

    mutable std::mutex mutex_;
    std::condition_variable drained_;
    job_list<write_job> normal_;  // guarded by mutex_
    job_list<write_job> bulk_;    // guarded by mutex_
    job_list<job> room_waiters_;  // guarded by mutex_
    std::size_t jobs_ = 0;        // guarded by mutex_
    std::size_t bytes_ = 0;       // guarded by mutex_
    bool turn_posted_ = false;    // guarded by mutex_; also while the turn runs
    bool wanted_again_ = false;   // guarded by mutex_
    bool turn_failed_ = false;    // guarded by mutex_; the strand had no memory to take the turn
    bool slot_failed_ = false;    // guarded by mutex_; the executor had none to take the strand
    bool closed_ = false;         // guarded by mutex_
    bool owes_bulk_ = false;      // guarded by mutex_
};

}  // namespace carrel::detail
