#pragma once

#include <carrel/diagnostics.hpp>
#include <carrel/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace carrel {

class job_origin;
struct job_timing;

/// What a mutation completes with: what its work returned and the commit that holds it.
template <class T>
struct committed {
    T value{};
    std::uint64_t sequence = 0;  ///< Grows with every commit, also across restarts. Jobs of one commit share it.
};
template <>
struct committed<void> {
    std::uint64_t sequence = 0;
};

/// Which mutations go first. Jobs of one priority run in the order in which they were accepted.
enum class priority {
    normal,
    /// Long work that others need not wait for: of each commit at most one runs while `normal` jobs wait. It should end
    /// early, keeping what it did, when `write_session::should_yield` says so.
    bulk,
};

/// Settings of one job; what is absent is taken from `options`.
struct job_options {
    /// From now, for waiting and running together. More than `options::deadline_max` is refused (`invalid_option`).
    std::optional<std::chrono::milliseconds> deadline = {};
    std::optional<carrel::durability> durability = {};     ///< Writes only.
    std::size_t bytes = 0;                                 ///< Payload of the work, counted against the queue's bound.
    carrel::priority priority = carrel::priority::normal;  ///< Writes only.
    carrel::diagnostics* diagnostics = nullptr;            ///< Must live until the handler has run.
    const job_origin* origin = nullptr;                    ///< Must live until the handler has run. See `queries.hpp`.
    job_timing* timing = nullptr;  ///< Gets the job's times; must live as long. See `job_timing.hpp`.
};

}  // namespace carrel
