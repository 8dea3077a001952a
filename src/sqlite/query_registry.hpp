#pragma once

#include "sqlite/run_slot.hpp"
#include "sqlite/statement_record.hpp"

#include <carrel/queries.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace carrel::sqlite {

/// What runs on the connections of one database, and what its statements came to. Thread-safe.
class query_registry {
public:
    static constexpr std::size_t statements_max = 1'000;
    static constexpr std::size_t sql_bytes_max = 16'384;  // kept for a plan

    query_registry();

    /// The slot of one owner of a connection, for as long as this object lives.
    run_slot& enroll(query_lane lane);
    /// As many ids of runs as this, from the one returned on, belong to the caller. None is given out twice, by a later
    /// process neither: they follow the clock, faster than runs can.
    static constexpr std::uint64_t ids_at_a_time = 1'024;
    std::uint64_t take_ids() noexcept { return next_id_.fetch_add(ids_at_a_time, std::memory_order_relaxed); }

    /// The record of a statement that is being prepared. While somebody holds it, it stays.
    std::shared_ptr<statement_record> record_of(std::string_view sql);
    /// Null if it is not known any more.
    std::shared_ptr<statement_record> find(std::uint64_t key) const;
    /// Empty if it is not known any more.
    std::string text_of(std::uint64_t key) const;

    /// The longest first.
    std::vector<running_query> running() const;
    bool end(std::uint64_t id) noexcept;
    std::vector<query_stats> statements() const;

    /// A job has ended that was slow, whether it is logged or one too many.
    void count_slow_job() noexcept { slow_jobs_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t slow_jobs() const noexcept { return slow_jobs_.load(std::memory_order_relaxed); }

private:
    struct glimpse;
    static glimpse look(const run_slot& slot) noexcept;
    void make_room();

    std::atomic<std::uint64_t> next_id_;
    std::atomic<std::uint64_t> slow_jobs_{0};
    mutable std::mutex slots_mutex_;
    mutable std::deque<run_slot> slots_;  // guarded by slots_mutex_; a deque keeps addresses

    mutable std::mutex records_mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<statement_record>> records_;  // guarded by records_mutex_
    const std::shared_ptr<statement_record> others_;
};

}  // namespace carrel::sqlite
