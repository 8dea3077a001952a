#pragma once

#include "actors/job_list.hpp"
#include "actors/job_times.hpp"
#include "actors/writer_policy.hpp"
#include "actors/writer_probe.hpp"
#include "sqlite/connection.hpp"

#include <carrel/detail/job.hpp>
#include <carrel/options.hpp>

#include <cstdint>

namespace carrel::detail {

/// The writer's transaction: the jobs that it holds, each isolated from the others, and how it ends for them. Touched only
/// in the writer's turn.
class writer_transaction {
public:
    /// `sequence` is that of the last commit in the file.
    writer_transaction(sqlite::connection& connection, const options& settings, writer_probe& probe,
                       std::uint64_t sequence);

    result<void> begin(durability wanted);
    bool is_open() const noexcept { return connection_.in_transaction(); }
    bool is_durable() const noexcept { return durability_ == durability::full; }

    enum class fate { kept, failed_alone, took_transaction };
    /// Runs a job. After `took_transaction` nothing of the others is left either: see `take_survivors`.
    fate run(job_ptr<write_job> one, steady_time now) noexcept;
    /// The jobs whose effects went with the transaction, made ready to run again.
    job_list<write_job> take_survivors() noexcept;

    enum class ending {
        done,            ///< Committed, or there was nothing to commit.
        failed,          ///< Nothing was committed, and each job says so.
        run_singly,      ///< Nothing was committed; one of the survivors may be why.
        outcome_unknown  ///< It may be in the WAL after a crash: each job says so. No write may be acknowledged any more.
    };
    ending commit() noexcept;
    /// Undoes all and fails each job with `reason`. False if SQLite could not undo it.
    bool fail(const error& reason) noexcept;
    bool roll_back() noexcept { return connection_.rollback(); }
    /// Counts the jobs as committed with this sequence.
    void acknowledge(std::uint64_t sequence) noexcept;
    bool has_written() const noexcept { return has_written_; }
    /// The jobs that are done, each with its outcome.
    job_list<write_job> take_finished() noexcept;
    std::uint64_t sequence() const noexcept { return sequence_; }
    /// Why the last commit failed.
    const error& failure() const noexcept { return failure_; }

private:
    fate run_isolated(write_job& one, steady_time now);
    fate settle(write_job& one, sqlite::savepoint* guard);
    /// What a commit that was called a failure has left in the file.
    enum class commit_trace { not_tried, none, whole, unknown };
    result<void> commit_recorded(bool& is_tried) noexcept;
    commit_trace look_for_commit(const error& failed) noexcept;
    bool overwrite_lost_commit() noexcept;
    void note_times(const commit_times& done) noexcept;
    ending failed_to_commit(const error& failed, commit_trace found) noexcept;

    sqlite::connection& connection_;
    const options& settings_;
    writer_probe& probe_;
    std::uint64_t sequence_;
    durability durability_ = durability::full;
    savepoint_policy savepoints_;
    job_list<write_job> kept_;    // ran well
    job_list<write_job> failed_;  // ran and failed, or done
    bool has_written_ = false;
    bool has_timed_ = false;  // one of those who wait for the commit has a `job_timing`
    error failure_;
};

}  // namespace carrel::detail
