#pragma once

#include "actors/batch_policy.hpp"
#include "actors/homeward.hpp"
#include "actors/mailbox.hpp"
#include "actors/probe.hpp"
#include "actors/snapshots.hpp"
#include "sqlite/connection.hpp"

#include <carrel/options.hpp>
#include <carrel/stats.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace carrel::detail {

struct writer_probe : actor_probe {
    counter reruns;
    counter commit_sequence;
    counter commit_nanoseconds;
    counter checkpoints;
    counter checkpoint_frames;
    counter checkpoint_errors;
    counter checkpoint_nanoseconds;
    counter wal_bytes;
    counter episodes;
    shared_counter waited;  // jobs that found the writer busy
};

/// The only thread that may change the file: drain, begin, run each job isolated, commit, then reply.
class writer {
public:
    /// `sequence` is that of the last commit in the file. Nothing runs before `start`.
    writer(std::unique_ptr<sqlite::connection> connection, std::uint64_t sequence, const options& settings,
           snapshots& readers);

    void start();
    /// Hands a job over, or says why not; any thread.
    push_result push(std::unique_ptr<write_job>& job);
    /// Refuses new jobs and waits until the accepted ones are done and answered.
    void finish();
    /// The last checkpoint, after every reader is closed, and the end of the connection.
    result<void> close();

    bool is_poisoned() const noexcept { return poisoned_.load(); }
    std::chrono::nanoseconds queue_age() const noexcept { return mailbox_.age(std::chrono::steady_clock::now()); }
    void add_to(database_stats& stats) const;

private:
    enum class fate { kept, failed_alone, took_transaction };

    void run();
    // One transaction.
    void run_batch();
    bool begin_batch();
    bool has_next();
    void run_one(std::unique_ptr<write_job> job);
    fate run_isolated(write_job& job);
    fate settle(write_job& job, bool is_guarded);
    void rerun_survivors();
    void put_back_kept();
    void commit_batch();
    bool was_committed_all_the_same(const error& failed);
    bool overwrite_lost_commit();
    void commit_failed(const error& failed);
    void acknowledge(std::uint64_t sequence);
    void fail_batch(const error& reason);
    void reply();
    // Between transactions.
    void tend_wal(bool idle);
    std::size_t wal_bytes() const noexcept;
    void checkpoint(sqlite::checkpoint_mode mode);
    void press_readers();
    void note_rest();
    bool wants_attention() const noexcept;
    durability demanded() noexcept;
    batch_limits limits_now() const noexcept;
    void roll_back();
    void poison(const error& failed);
    void log(log_level level, const std::string& text) const;
    void drop(std::unique_ptr<write_job> job, errc why);

    const options& settings_;
    const batch_limits limits_;
    const checkpoint_policy checkpoints_;
    mailbox mailbox_;
    snapshots& readers_;
    std::atomic<bool> poisoned_{false};
    writer_probe probe_;

    // Touched only by the writer's thread while it runs.
    std::unique_ptr<sqlite::connection> connection_;
    std::uint64_t sequence_;
    job_list<write_job> pending_;                      // taken from the mailbox, not yet run
    std::vector<std::unique_ptr<write_job>> kept_;     // ran well in the open transaction
    std::vector<std::unique_ptr<write_job>> refused_;  // ran and failed in the open transaction
    homeward replies_;
    exhaustion exhaustion_;
    bool batch_has_written_ = false;
    caution caution_;
    durability batch_durability_ = durability::full;
    std::size_t finished_jobs_ = 0;
    std::size_t finished_bytes_ = 0;
    std::size_t run_singly_ = 0;  // how many of the next jobs get a transaction of their own
    int reruns_in_batch_ = 0;
    int frames_at_last_attempt_ = 0;
    bool truncate_due_ = false;
    bool has_checkpoint_failed_ = false;

    std::thread thread_;
};

}  // namespace carrel::detail
