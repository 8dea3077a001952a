#pragma once

#include "sqlite/query_registry.hpp"
#include "sqlite/statement_cache.hpp"

#include <carrel/queries.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace carrel::sqlite {

/// What the run of one job on a connection is known by.
struct run_facts {
    std::chrono::steady_clock::time_point accepted, begun;
    const job_origin* origin = nullptr;
    /// On the writer and on background readers; of a shard's short reads only a sample is counted.
    bool counts_all = true;
    bool is_public = false;  ///< Its origin can be read at once, not only once it has run for a while.
};

/// Follows the statements of a connection's jobs: into the slot that others look at, the totals by statement, and the report
/// of a slow job. Used by the connection's thread.
class query_meter {
public:
    using clock = std::chrono::steady_clock;

    /// `all` may be null: then nothing is counted. A `slow_after` of 0 means that no job is slow.
    query_meter(query_registry* all, std::chrono::milliseconds slow_after);

    /// Where others see what runs here. It must outlive this.
    void show_in(run_slot& slot) noexcept { slot_ = &slot; }
    const run_slot& slot() const noexcept { return *slot_; }
    query_registry* registry() const noexcept { return registry_; }

    void begin_run(const run_facts& facts) noexcept;
    /// `is_counted` is false for a run that will be made again elsewhere.
    void end_run(bool is_counted) noexcept;

    // -- from a statement's first step to its last ---
    void begin(cached_statement& one) noexcept {
        one.is_running = true;
        one.rows = 0;
        slot_->runs(one.key);
        if (weight_ != 0) one.begun = clock::now();
    }
    void row(cached_statement& one) noexcept {
        ++one.rows;
        slot_->row(one.key);
    }
    void end(cached_statement& one, bool failed) noexcept {
        one.is_running = false;
        if (weight_ != 0) settle(one, failed);
    }
    /// SQLite or the job looks whether it must end: it has run for some tens of microseconds at least.
    void look() noexcept;

    bool is_slow() const noexcept { return is_slow_; }
    const run_facts& facts() const noexcept { return facts_; }
    /// The statement of the last run that took the longest, or the one that ran when none had ended; 0: none.
    std::uint64_t longest() const noexcept;

private:
    void settle(cached_statement& one, bool failed) noexcept;
    bool is_in_sample() noexcept;

    static constexpr std::uint64_t sampled_weight = 64;
    struct kept_execution {
        std::shared_ptr<statement_record> of;
        statement_record::execution what;
    };

    query_registry* registry_;
    run_slot own_slot_{query_lane::background};  // until somebody shows it elsewhere
    run_slot* slot_ = &own_slot_;
    const std::chrono::nanoseconds slow_after_;
    std::uint64_t next_id_ = 0, ids_end_ = 0;
    std::uint32_t random_;
    std::uint32_t until_sampled_ = 1;

    // Of the run.
    run_facts facts_;
    std::uint64_t weight_ = 0;  // what its executions stand for; 0: they are not counted
    std::chrono::nanoseconds wait_{0}, longest_time_{0};
    std::uint64_t longest_ = 0;
    std::vector<kept_execution> kept_;  // of a sampled run, until it is known whether it counts
    bool is_running_ = false, is_published_ = false, is_slow_ = false;
};

}  // namespace carrel::sqlite
