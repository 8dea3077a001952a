#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace carrel {

/// Waits or other lengths of time, counted in buckets whose upper bounds are 1 µs · 4^i; the last one is unbounded.
struct wait_histogram {
    static constexpr std::size_t buckets = 14;
    std::array<std::uint64_t, buckets> counts{};
    double seconds_total = 0;
};

/// What the page caches of some connections did. A reader's are counted once in 10 ms, when a snapshot ends.
struct page_cache_stats {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;         ///< Pages read from the file or the WAL.
    std::uint64_t pages_written = 0;  ///< To the WAL; by the writer alone.
    std::uint64_t bytes = 0;          ///< Memory that they have now.
};

/// One pool of connections, read or write.
struct pool_stats {
    std::uint64_t max_open = 0;
    std::uint64_t open = 0;
    std::uint64_t in_use = 0;
    std::uint64_t idle = 0;
    std::uint64_t wait_count = 0;  ///< Jobs that found no free connection.
    double wait_seconds_total = 0;
    std::uint64_t closed_max_idle = 0;
    std::uint64_t closed_idle_time = 0;
    std::uint64_t closed_lifetime = 0;
    double utilization = 0;  ///< Busy time over the last 10 s, divided by max_open: 0 to 1.
    std::uint64_t exhaustion_episodes = 0;
    wait_histogram waits;
    page_cache_stats cache;
};

/// What the writer has done since it opened.
struct writer_stats {
    std::uint64_t jobs = 0;
    std::uint64_t jobs_failed = 0;
    std::uint64_t batches = 0;  ///< Transactions committed.
    std::uint64_t reruns = 0;   ///< Batches run again without a job that had rolled back the transaction.
    std::uint64_t commit_sequence = 0;
    std::uint64_t queue_jobs = 0;
    std::uint64_t queue_bytes = 0;
    double queue_age_seconds = 0;  ///< How long the oldest waiting job has waited.
    double execution_seconds_total = 0;
    wait_histogram commits;  ///< How long each COMMIT of something took.
    std::uint64_t checkpoints = 0;
    std::uint64_t checkpoint_frames = 0;
    std::uint64_t checkpoint_errors = 0;
    wait_histogram checkpoint_times;  ///< How long each took.
    std::uint64_t wal_bytes = 0;
    bool poisoned = false;  ///< No write is accepted before a restart.
};

/// What the readers have done.
struct reader_stats {
    std::uint64_t jobs = 0;
    std::uint64_t jobs_failed = 0;
    std::uint64_t batches = 0;          ///< Snapshots begun.
    std::uint64_t budget_overruns = 0;  ///< Reads a resident abandoned and handed on.
    std::uint64_t known_deep = 0;       ///< Reads handed on at once because their statement was known to be deep.
    std::uint64_t steals = 0;
    std::uint64_t snapshots_interrupted = 0;
    std::uint64_t queue_jobs = 0;
    double execution_seconds_total = 0;
    double oldest_snapshot_seconds = 0;
};

/// What a checkpoint left: frames in the WAL and how many of them are in the database file.
struct checkpoint_report {
    std::uint64_t wal_frames = 0;
    std::uint64_t checkpointed_frames = 0;
};

/// What a backup wrote.
struct backup_report {
    std::uint64_t pages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t commit_sequence = 0;               ///< Of the last commit that the copy holds.
    std::chrono::system_clock::time_point taken_at;  ///< When that was the last commit.
    std::uint64_t pages_copied = 0;                  ///< Those that changed meanwhile several times.
};

/// One view of all counters. Each is written by its owner alone and read without a lock; no two are of the same instant.
struct database_stats {
    std::string database_path;
    pool_stats read;
    pool_stats write;
    reader_stats readers;
    writer_stats writer;
    std::uint64_t busy_seen = 0;  ///< BUSY or LOCKED from SQLite; always 0 unless a stranger touches the file.
    std::uint64_t refused_overloaded = 0;
    std::uint64_t refused_stopping = 0;
    std::uint64_t expired = 0;
    std::uint64_t slow_jobs =
        0;  ///< That ran for longer than `options::slow_statement_time`, those that no line tells of too.
};

}  // namespace carrel
