#pragma once

#include "actors/backup_tracker.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/exhaustion.hpp"
#include "actors/mutation_queue.hpp"
#include "actors/reply_batch.hpp"
#include "actors/snapshot_registry.hpp"
#include "actors/writer_policy.hpp"
#include "actors/writer_probe.hpp"
#include "actors/writer_transaction.hpp"
#include "sqlite/connection.hpp"

#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <memory>

namespace carrel::detail {

/// The actor that owns the sole write connection. Each turn on its queue's strand makes one transaction: take what waits,
/// begin, run each job isolated, commit, reply, checkpoint if due.
class writer_actor final : public timed {
public:
    /// `sequence` is that of the last commit in the file.
    writer_actor(std::unique_ptr<sqlite::connection> connection, std::uint64_t sequence, const options& settings,
                 boost::asio::any_io_executor executor, snapshot_registry& readers, deadline_timer& timer,
                 std::uint64_t engine_id, sqlite::query_registry& queries);

    /// Marks the file as open, so that a copy of it without its WAL is recognised. Before the first job. Errors: those that
    /// leave no trust in the disk; one without room is only logged.
    result<void> mark_open();
    /// Hands a job over, or says why not; any thread.
    push_result push(job_ptr<write_job>& one) noexcept;
    void await_room(job_ptr<job> waiter) noexcept { queue_.await_room(std::move(waiter)); }
    /// Refuses new jobs from now on. Any thread.
    void close_intake() noexcept { queue_.close(); }
    /// Waits until the accepted jobs are done and answered. After `close_intake`.
    void finish() { queue_.wait_until_drained(); }
    /// The last checkpoint, after every reader is closed, and the end of the connection.
    result<void> close() noexcept;

    /// Why no write is accepted any more, if so: `writer_poisoned` or `file_replaced`.
    std::optional<errc> refusal() const noexcept;
    /// Accepts no write any more. Any thread.
    void refuse_writes(errc why, const error& reason) noexcept;

    mutation_queue& queue() noexcept { return queue_; }
    backup_tracker& changes() noexcept { return changes_; }
    std::chrono::nanoseconds queue_age() const noexcept { return queue_.age(std::chrono::steady_clock::now()); }
    void add_to(database_stats& stats) const;
    /// Runs a turn when the WAL wants attention although nothing is written.
    steady_time look(steady_time now) noexcept override;

private:
    void turn() noexcept;
    // One transaction.
    void run_batch();
    bool begin_transaction();
    bool run_next(batch_state& batch, const batch_limits& limits, steady_time begun);
    void run_one(job_ptr<write_job> one) noexcept;
    void rerun_survivors() noexcept;
    void commit() noexcept;
    void abandon(const error& reason) noexcept;
    void fail_waiting(const error& reason) noexcept;
    void run_maintenance(job_ptr<write_job> one) noexcept;
    void drop(job_ptr<write_job> one, errc why) noexcept;
    void reply() noexcept;
    batch_limits limits_now() const noexcept;
    // Between transactions.
    void tend_wal(bool is_idle);
    std::size_t wal_bytes() const noexcept;
    result<sqlite::checkpoint_report> checkpoint(sqlite::checkpoint_mode mode);
    void press_readers() noexcept;
    void clear_mark() noexcept;
    void notify_follower() noexcept;
    bool is_released(std::chrono::milliseconds time_max) noexcept;
    void note_held(steady_time until) noexcept;
    void note_rest() noexcept;
    bool wants_attention() const noexcept;
    bool refuses() const noexcept { return refusal_.load(std::memory_order_relaxed) != 0; }

    const options& settings_;
    const std::uint64_t engine_id_;
    const batch_limits limits_;
    const checkpoint_policy checkpoints_;
    const sqlite::query_registry& queries_;
    const std::shared_ptr<sqlite::statement_record> commits_, wal_work_;
    deadline_timer& timer_;
    snapshot_registry& readers_;
    std::atomic<int> refusal_{0};  // an errc
    std::atomic<std::chrono::steady_clock::rep> attention_at_{never.time_since_epoch().count()};
    writer_probe probe_;

    // Touched only in the writer's turn, and before and after them all.
    std::unique_ptr<sqlite::connection> connection_;
    writer_transaction transaction_;
    reply_batch replies_;
    backup_tracker changes_;
    exhaustion exhaustion_;
    steady_time held_since_;  // when the last job began, until it is known how long it took
    bool is_held_ = false;
    std::size_t finished_jobs_ = 0;
    std::size_t finished_bytes_ = 0;
    std::size_t run_singly_ = 0;  // how many of the next jobs get a transaction of their own
    int reruns_in_batch_ = 0;
    int frames_at_last_attempt_ = 0;
    bool truncate_due_ = false;
    bool has_checkpoint_failed_ = false;
    bool is_wal_held_ = false;  // whoever follows the commits has not read all of the WAL

    mutation_queue queue_;  // last: its end leaves no turn behind
};

}  // namespace carrel::detail
