#pragma once

#include <carrel/queries.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace carrel {

/// When one job waited, ran and was committed: for a host that traces its requests. The engine fills it in for a job that
/// names one (`job_options::timing`), on the threads that have the job; the host may look at it once the handler runs and not
/// before. A job without one costs the test of a pointer in each of these places.
///
/// All times are of the steady clock. What the job did not come to is the epoch of that clock, or 0. Nothing here is text, so
/// no statement and no bound value can be in it.
struct job_timing {
    using time_point = std::chrono::steady_clock::time_point;

    /// One run of the job's work on a connection.
    struct run {
        query_lane lane = query_lane::background;
        time_point begun, ended;
        bool has_failed = false;  ///< The work, or what the actor checks after it. Not: the commit.
        /// Nothing of it counts, and the job ran again: a read outgrew the budget of a shard's reader, or the transaction of a
        /// mutation was rolled back by a neighbour.
        bool is_given_up = false;
    };
    static constexpr std::size_t runs_max = 3;

    /// The runs that are kept.
    std::size_t runs_kept() const noexcept { return run_count < runs_max ? run_count : runs_max; }

    time_point accepted;                ///< The job was sent; it waits from here to its first run.
    std::array<run, runs_max> runs;     ///< In their order; from the `runs_max`th on, each takes the place of the last.
    std::size_t run_count = 0;          ///< How often it ran; 0 for one that was refused, or lapsed in its queue.
    bool is_stolen = false;             ///< A background reader took it from the queue of another.
    time_point commit_begun;            ///< Of the commit that the job's answer waited for, be the job in it or not.
    time_point commit_ended;            ///< A job that fails beside others is answered after their commit.
    std::size_t commit_jobs = 0;        ///< How many mutations share that commit.
    std::uint64_t commit_sequence = 0;  ///< Of that commit, if the job is in it and it was done; else 0.
};

}  // namespace carrel
