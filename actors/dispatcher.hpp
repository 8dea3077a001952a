#pragma once

#include "actors/homeward.hpp"
#include "actors/mailbox.hpp"
#include "actors/probe.hpp"
#include "actors/reader.hpp"
#include "actors/reader_policy.hpp"
#include "actors/snapshots.hpp"
#include "actors/work_queue.hpp"

#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace carrel::detail {

/// Adds one reader's counters to the read pool's; `utilization` is the sum of busy seconds until the engine divides it.
void add_reader(const actor_probe& probe, database_stats& stats);

/// The background readers and who of them runs what: a read goes to its home reader, idle readers steal the oldest.
class dispatcher {
public:
    dispatcher(const reader::connection_source& open, snapshots& all, const options& settings);
    ~dispatcher();

    /// Takes a read over, or leaves it with the caller when the queues are full or closed; any thread.
    push_result submit(std::unique_ptr<read_job>& job);
    /// How many readers may be used: residents take their share of the pool.
    void set_limit(std::size_t readers) noexcept { limit_.store(readers); }
    /// Refuses new reads, runs the accepted ones, closes the connections, joins.
    void finish();

    std::chrono::nanoseconds queue_age(steady_time now);
    void add_to(database_stats& stats) const;

private:
    struct worker {
        worker(const reader::connection_source& open, snapshots& all, const options& settings)
            : desk(open, all, settings) {}
        reader desk;
        work_queue queue;
        std::atomic<bool> is_idle{true};
        std::once_flag started;
        std::thread thread;
        steady_time idle_since{};
    };

    push_result enqueue(std::unique_ptr<read_job>& job);
    void start(worker& one);
    void run(worker& me);
    job_list<read_job> find_work(worker& me);
    void run_batch(worker& me, job_list<read_job> batch);
    bool wait_until_admitted(worker& me, job_list<read_job>& batch);
    void run_one(worker& me, std::unique_ptr<read_job> job);
    void fail_all(job_list<read_job> batch, const error& reason);
    void rest(worker& me);
    void views(std::vector<reader_view>& into) const;
    void wake_an_idle_one(const worker& but);
    std::size_t idle_open_count() const noexcept;
    void note_wait(worker& me, std::chrono::nanoseconds wait, steady_time now);
    void note_rest();
    void finished_one() noexcept { queued_.fetch_sub(1, std::memory_order_relaxed); }

    const options& settings_;
    snapshots& snapshots_;
    std::vector<std::unique_ptr<worker>> workers_;  // constant after construction
    std::atomic<std::size_t> limit_;
    std::atomic<std::size_t> queued_{0};
    std::atomic<bool> closed_{false};
    std::atomic<int> submitting_{0};
    std::atomic<bool> leaving_{false};  // closed, and nobody is between door and queue
    shared_counter waited_;

    std::mutex episode_mutex_;
    exhaustion exhaustion_;  // guarded by episode_mutex_
    std::atomic<bool> episode_on_{false};
    shared_counter episodes_;
};

}  // namespace carrel::detail
