#pragma once

#include "http/protocol/problem.hpp"

#include <carrel/job_options.hpp>
#include <carrel/job_timing.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace carrel::http {

/// The jobs of a request whose trace is kept, as its spans show them: one at a time, as a request sends them. Touched by the shard's
/// thread, but for the timing of the job under way.
class traced_jobs {
public:
    /// A streamed body, or a response in pieces, has a job for each piece: spans of the first are kept.
    static constexpr std::size_t kept_max = 16;

    struct job {
        job_timing timing;
        std::chrono::steady_clock::time_point completed;  ///< Its handler ran; zero if nobody said so.
        std::string_view failure;  ///< The code of the problem that it led to; empty if it went well.
    };

    /// For the times of the next job; null if enough are kept, or there is no memory for it. Valid until the next call.
    job_timing* next() noexcept;
    /// The job under way has completed.
    void completed(std::string_view failure) noexcept;

    const std::vector<job>& kept() const noexcept { return kept_; }
    std::size_t left_out() const noexcept { return left_out_; }

private:
    std::vector<job> kept_;
    std::size_t left_out_ = 0;
};

/// What the spans say of why a job failed: a word of `problem_kinds`, and never what a client sent. `refused` is what its operation
/// refused, if it did.
std::string_view failure_word(const error& why, session_kind mode, const siem::problem* refused) noexcept;

}  // namespace carrel::http
