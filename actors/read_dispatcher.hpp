#pragma once

#include "actors/deadline_timer.hpp"
#include "actors/exhaustion.hpp"
#include "actors/mutation_queue.hpp"
#include "actors/probe.hpp"
#include "actors/read_costs.hpp"
#include "actors/reader_actor.hpp"
#include "actors/reader_policy.hpp"
#include "actors/snapshot_registry.hpp"
#include "actors/steal_queue.hpp"

#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace carrel::detail {

/// Adds one reader's counters to the read pool's; `utilization` is the sum of busy seconds until the engine divides it.
void add_reader(const actor_probe& probe, database_stats& stats);

/// The work-stealing dispatcher of the background readers: a read goes to the queue of one reader, idle readers steal the oldest.
///
/// Deep reads have a queue of their own, from which as many run at a time as there are processors: the rest of the readers
/// stays free for short ones. A read that cannot be served before its deadline is refused when it comes.
class read_dispatcher final : public timed {
public:
    read_dispatcher(const read_connection::source& open, snapshot_registry& all, const options& settings,
                    deadline_timer& timer, std::uint64_t engine_id, sqlite::query_registry& queries);
    ~read_dispatcher();

    enum class outcome { queued, full, closed, no_thread };
    /// Takes a read over, or leaves it with the caller; any thread.
    outcome submit(job_ptr<read_job>& one) noexcept;
    /// How many readers may be used: residents take their share of the pool.
    void set_limit(std::size_t readers) noexcept { limit_.store(readers); }
    /// Refuses new reads. Any thread.
    void close() noexcept { is_closed_ = true; }
    /// Cancels what waits and what runs. Any thread, after `close`.
    void cancel_all() noexcept;
    /// Runs the accepted reads, closes the connections, joins. After `close`.
    void finish() noexcept;

    std::chrono::nanoseconds queue_age(steady_time now) noexcept;
    void add_to(database_stats& stats) const;
    /// Takes out what has lapsed.
    steady_time look(steady_time now) noexcept override;

    // -- for the reader actors ---
    bool is_leaving() const noexcept { return is_leaving_; }
    bool is_cancelling() const noexcept { return is_cancelling_; }
    /// Whether a read waits that an idle reader may run now.
    bool has_work() const noexcept;
    /// The next read for this actor: its own oldest, another's, a deep one; null if there is none.
    job_ptr<read_job> next_for(reader_actor& me) noexcept;
    /// A read that `next_for` gave out with this cost, deep, has ended.
    void deep_ended(std::chrono::nanoseconds expected_cost) noexcept;
    void reply(job_ptr<read_job> finished) noexcept;
    void wake_an_idle_one(const reader_actor* but) noexcept;
    /// Whether `me`, which is idle, is one of too many idle ones with a connection. It is then no longer idle: of two that
    /// ask at once, the second no longer counts the first.
    bool is_idle_beyond(reader_actor& me) noexcept;
    void note_wait(reader_actor& me, std::chrono::nanoseconds wait, steady_time now) noexcept;
    void note_cost(const read_job& ran, std::chrono::nanoseconds time) noexcept;
    /// A job with this statement held a reader.
    void note_held(std::uint64_t statement, steady_time begun, steady_time ended) noexcept;
    void note_rest() noexcept;
    std::uint64_t engine_id() const noexcept { return engine_id_; }

private:
    outcome enqueue(job_ptr<read_job>& one) noexcept;
    outcome enqueue_deep(job_ptr<read_job>& one) noexcept;
    reader_actor* reader_of_new() noexcept;
    job_ptr<read_job> steal(reader_actor& me) noexcept;
    job_ptr<read_job> take_deep() noexcept;
    bool deep_may_run() const noexcept { return deep_.size() > 0 && deep_running_.load() < deep_at_a_time(); }
    std::size_t deep_at_a_time() const noexcept;
    std::size_t waiting() const noexcept;
    void note_wait_of(std::chrono::nanoseconds wait, steady_time now, bool is_taken) noexcept;
    read_load deep_load() noexcept;

    const options& settings_;
    deadline_timer& timer_;
    const sqlite::query_registry& queries_;
    const std::uint64_t engine_id_;
    std::vector<std::unique_ptr<reader_actor>> readers_;  // constant after construction
    steal_queue deep_;
    read_costs costs_;
    std::atomic<std::size_t> limit_;
    std::atomic<std::size_t> deep_running_{0};
    std::atomic<std::int64_t> deep_running_cost_{0};  // expected nanoseconds of those that run
    std::atomic<std::size_t> queued_{0};
    std::atomic<bool> is_closed_{false};
    std::atomic<bool> is_cancelling_{false};
    std::atomic<int> submitting_{0};
    std::atomic<bool> is_leaving_{false};  // closed, and nobody is between the look at that and a queue
    shared_counter waited_;
    shared_counter lapsed_;

    std::mutex idle_mutex_;  // held by the one reader that looks whether it closes

    std::mutex episode_mutex_;
    exhaustion exhaustion_;  // guarded by episode_mutex_
    std::atomic<bool> episode_on_{false};
    shared_counter episodes_;
};

}  // namespace carrel::detail
