#pragma once

#include <carrel/detail/job.hpp>
#include <carrel/job_timing.hpp>

#include <chrono>

namespace carrel::detail {

// What the host's `job_timing` gets, if the job has one. The functions that look at the clock do so only then.

inline void note_accepted(job& one) noexcept {
    if (one.timing == nullptr) return;
    *one.timing = {};
    one.timing->accepted = one.accepted;
}

inline void note_stolen(job& one) noexcept {
    if (one.timing != nullptr) one.timing->is_stolen = true;
}

inline void note_run_begun(job& one, query_lane lane, steady_time now) noexcept {
    if (one.timing == nullptr) return;
    auto& all = *one.timing;
    if (all.run_count++ > 0) {
        all.commit_begun = all.commit_ended = {};
        all.commit_jobs = 0;
    }
    all.runs[all.runs_kept() - 1] = {lane, now, now, false, false};
}

inline void note_run_ended(job& one) noexcept {
    if (one.timing == nullptr) return;
    auto& last = one.timing->runs[one.timing->runs_kept() - 1];
    last.ended = std::chrono::steady_clock::now();
    last.has_failed = one.has_failed();
}

/// The last run, which counts for nothing.
inline void note_run_given_up(job& one) noexcept {
    if (one.timing == nullptr || one.timing->run_count == 0) return;
    one.timing->runs[one.timing->runs_kept() - 1].is_given_up = true;
}

/// One commit, as those learn of it who waited for it.
struct commit_times {
    steady_time begun, ended;
    std::size_t jobs = 0;
    std::uint64_t sequence = 0;  // 0: it failed
};

inline void note_commit(job& one, const commit_times& done, bool is_in_it) noexcept {
    if (one.timing == nullptr) return;
    one.timing->commit_begun = done.begun;
    one.timing->commit_ended = done.ended;
    one.timing->commit_jobs = done.jobs;
    one.timing->commit_sequence = is_in_it ? done.sequence : 0;
}

}  // namespace carrel::detail
