#pragma once

#include <carrel/queries.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace carrel::sqlite {

class query_registry;

/// What one connection runs at this moment. Written by its owner, without a lock but for the origin; anyone may read it, and
/// ask for the end of a run.
///
/// A reader that finds the same run's id before and after has read what belongs to that run: the id is taken away before
/// anything else changes. Stores release and loads acquire, which on x86 are plain moves.
class run_slot {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit run_slot(query_lane lane) noexcept
        : lane_(lane) {}

    // -- the owner ---
    void begin(std::uint64_t id, time_point accepted, time_point begun) noexcept {
        put(id_, 0);
        put(accepted_, ticks_of(accepted));
        put(begun_, ticks_of(begun));
        put(statement_, 0);
        put(rows_, 0);
        put(id_, id);
    }
    void end() noexcept { put(id_, 0); }
    void runs(std::uint64_t statement) noexcept { put(statement_, statement); }
    void row(std::uint64_t statement) noexcept {
        put(statement_, statement);
        put(rows_, rows_.load(std::memory_order_relaxed) + 1);
    }
    query_lane lane() const noexcept { return lane_; }
    std::uint64_t statement() const noexcept { return statement_.load(std::memory_order_relaxed); }
    std::uint64_t rows() const noexcept { return rows_.load(std::memory_order_relaxed); }
    /// From here to `withdraw` any thread may read the origin's labels.
    void publish(const job_origin* origin) noexcept;
    void withdraw() noexcept;
    /// Whether somebody wants the end of what runs.
    bool is_end_wanted() const noexcept {
        return end_wanted_.load(std::memory_order_relaxed) == id_.load(std::memory_order_relaxed);
    }

private:
    friend class query_registry;
    using ticks = std::chrono::steady_clock::rep;
    static ticks ticks_of(time_point t) noexcept { return t.time_since_epoch().count(); }
    template <class T, class V>
    static void put(std::atomic<T>& into, V value) noexcept {
        into.store(value, std::memory_order_release);
    }

    const query_lane lane_;
    std::atomic<std::uint64_t> id_{0};
    std::atomic<ticks> accepted_{0}, begun_{0};
    std::atomic<std::uint64_t> statement_{0}, rows_{0};
    std::atomic<std::uint64_t> end_wanted_{~std::uint64_t{0}};  // the id of a run; written by any thread

    std::mutex origin_mutex_;
    const job_origin* origin_ = nullptr;  // guarded by origin_mutex_
    std::uint64_t origin_id_ = 0;         // guarded by origin_mutex_; of the run that it belongs to
};

}  // namespace carrel::sqlite
