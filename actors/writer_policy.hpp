#pragma once

#include <carrel/error.hpp>
#include <carrel/options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

// Decisions of the writer as pure functions; the writer's loop obeys them.
namespace carrel::detail {

/// What the writer may put into one transaction.
struct batch_limits {
    std::size_t jobs_max = 1'024;
    std::size_t bytes_max = 64u << 20;
    std::chrono::nanoseconds time_max = std::chrono::milliseconds(50);
};

/// What a batch holds so far, and what waited when it began.
struct batch_state {
    std::size_t jobs = 0;
    std::size_t bytes = 0;
    bool has_bulk = false;
    std::size_t normal_at_start = 0;
    bool owes_bulk = false;  // the batch before took none although one waited
};

/// Whether a batch that has run for `running` takes one more job of `next_bytes`. An empty batch takes anything, or a
/// large job would never run.
constexpr bool takes_another(const batch_state& batch, std::chrono::nanoseconds running, std::size_t next_bytes,
                             const batch_limits& limits) noexcept {
    if (batch.jobs == 0) return true;
    const bool has_room = batch.bytes <= limits.bytes_max && next_bytes <= limits.bytes_max - batch.bytes;
    return batch.jobs < limits.jobs_max && has_room && running < limits.time_max;
}

/// Whose job comes next. Normal jobs go first, and bulk ones get one of each batch: after the normal ones that waited when
/// it began, or before them if the batch before took none. So neither waits for more than one turn of the other.
enum class lane { none, normal, bulk };
constexpr lane choose_lane(bool has_normal, bool has_bulk, const batch_state& batch) noexcept {
    if (!has_normal) return has_bulk ? lane::bulk : lane::none;
    const bool is_bulks_turn = batch.owes_bulk || batch.jobs >= batch.normal_at_start;
    if (has_bulk && !batch.has_bulk && is_bulks_turn) return lane::bulk;
    return batch.has_bulk && batch.jobs > 0 && !batch.owes_bulk ? lane::none : lane::normal;
}

/// What a failed COMMIT means for the jobs it held.
enum class commit_failure {
    retry,            ///< Busy: the transaction is still open, COMMIT again.
    rerun_singly,     ///< What one of the jobs may have caused (too many bytes, a late violation): run them one by one.
    look,             ///< Memory ran out before, during or after it: the file says which.
    definite,         ///< Nothing was committed; each job reports it.
    outcome_unknown,  ///< It may be in the WAL after a crash: say so and acknowledge nothing ever again.
};

commit_failure classify_commit_failure(const error& failed) noexcept;

/// Whether an error of a checkpoint means that synced data may be gone.
bool is_sync_failure(const error& failed) noexcept;

/// How many culprits may be taken out of one batch before its survivors run one by one: taking them out is quadratic.
inline constexpr int reruns_max = 2;

/// Whether a job of several statements gets a savepoint. One costs about as much as inserting a row, and few jobs fail
/// once they have written. So jobs run without, and the first that must be undone costs its batch a re-run; those that
/// follow are guarded for a while, so that clients who fail again and again cost no more than that.
class savepoint_policy {
public:
    static constexpr int jobs_guarded = 1'024;

    bool guards_next() noexcept { return left_ > 0 && left_-- > 0; }
    void had_to_undo() noexcept { left_ = jobs_guarded; }

private:
    int left_ = 0;
};

/// When the writer checkpoints.
struct checkpoint_policy {
    int due_frames = 4'096;
    int retry_frames = 1'024;  // new frames after an attempt that readers kept from completing

    constexpr bool is_due(int wal_frames, int frames_at_last_attempt) const noexcept {
        if (wal_frames < due_frames) return false;
        return frames_at_last_attempt > wal_frames || wal_frames - frames_at_last_attempt >= retry_frames;
    }
};

/// How long a backup keeps checkpoints from the file. The log grows meanwhile, and the checkpoint after it takes the longer: the
/// first hold of a backup is given the time that reading takes where a processor is free, and the next one twice as long where
/// a checkpoint had to end it before the backup, which has the lowest priority, was done.
class checkpoint_hold {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::milliseconds first_max{100};
    static constexpr std::chrono::milliseconds last_max{2'000};

    void begin(time_point now) noexcept { since_ = now; }
    bool lasts(time_point now) const noexcept { return since_ && now - *since_ < max_; }
    /// By who holds; whether no checkpoint came before.
    bool release() noexcept { return std::exchange(since_, std::nullopt).has_value(); }
    /// By a checkpoint.
    void cut_short() noexcept {
        if (release()) max_ = std::min(2 * max_, last_max);
    }

private:
    std::optional<time_point> since_;
    std::chrono::milliseconds max_ = first_max;
};

/// What the size of the WAL asks for.
enum class wal_pressure {
    none,
    hold_deep_reads,   ///< Soft cap: background readers begin no new snapshot.
    interrupt_oldest,  ///< Half way to the hard cap: the oldest reader loses its snapshot.
};

/// The oldest reader is interrupted before the hard cap is reached, since the WAL grows on until it has let go.
constexpr wal_pressure pressure_of(std::size_t wal_bytes, std::size_t soft_bytes, std::size_t hard_bytes) noexcept {
    if (wal_bytes >= soft_bytes + (hard_bytes - soft_bytes) / 2) return wal_pressure::interrupt_oldest;
    return wal_bytes >= soft_bytes ? wal_pressure::hold_deep_reads : wal_pressure::none;
}

}  // namespace carrel::detail
