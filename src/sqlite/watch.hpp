#pragma once

#include "sqlite/run_slot.hpp"

#include <carrel/error.hpp>

#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace carrel::sqlite {

/// Processor time of the calling thread.
inline std::chrono::nanoseconds thread_time() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// Tells a read that takes long from one whose thread was not let run: what only lost the processor for a while is not
/// deep, and taking it for deep would load the machine further. Once the budget's time has passed, a second budget of
/// processor time counts, or `blocked_factor` of it by the clock for one that waits for the disk.
class budget_clock {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr int blocked_factor = 8;

    budget_clock() = default;
    budget_clock(time_point begun, std::chrono::nanoseconds budget) noexcept
        : end_(begun + budget),
          budget_(budget) {}

    /// `processor_time` is read only after the budget's end.
    template <class ProcessorTime>
    bool is_spent(time_point now, ProcessorTime processor_time) noexcept {
        if (now < end_) return false;
        if (!mark_) {
            mark_ = {now, processor_time()};
            return false;
        }
        return now - mark_->first >= blocked_factor * budget_ || processor_time() - mark_->second >= budget_;
    }

private:
    time_point end_{};
    std::chrono::nanoseconds budget_{0};
    std::optional<std::pair<time_point, std::chrono::nanoseconds>> mark_;
};

/// When a cancelled job ends: while a statement runs, or only before one begins. An interrupted write takes the whole
/// transaction along, its neighbours' part too.
enum class cancellation { interrupts, between_statements };

/// What may end a running statement early. Called by SQLite's progress handler on the connection's own thread, so that no
/// statement is hit that was not meant. Only a snapshot whose holder does not look is ended by another thread; see
/// `snapshots`.
class watch {
public:
    using clock = std::chrono::steady_clock;

    /// Starts watching one job. `budget` is only set on a resident reader; flags may be null. `runs_in` is where somebody may
    /// ask for its end; may be null.
    void arm(clock::time_point deadline, std::optional<budget_clock> budget, const std::atomic<bool>* cancelled,
             const std::atomic<bool>* snapshot_interrupt, cancellation mode = cancellation::interrupts,
             const run_slot* runs_in = nullptr) noexcept {
        deadline_ = deadline;
        budget_ = budget;
        cancelled_ = mode == cancellation::interrupts ? cancelled : nullptr;
        cancelled_between_ = mode == cancellation::between_statements ? cancelled : nullptr;
        snapshot_interrupt_ = snapshot_interrupt;
        runs_in_ = runs_in;
        tripped_.reset();
        armed_ = true;
    }
    void disarm() noexcept {
        armed_ = false;
        cancelled_between_ = nullptr;
    }

    /// Whether cancellation is looked at before each statement.
    bool looks_between() const noexcept { return cancelled_between_ != nullptr; }
    /// Called before a statement begins; remembers the cancellation.
    bool is_cancelled_between() noexcept {
        if (!looks_between()) return false;
        if (cancelled_between_->load(std::memory_order_relaxed)) return trip(errc::cancelled);
        return runs_in_ != nullptr && runs_in_->is_end_wanted() && trip(errc::query_cancelled);
    }

    /// Whether the running statement must end; remembers why.
    bool must_end() noexcept {
        if (!armed_) return false;
        if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) return trip(errc::cancelled);
        if (snapshot_interrupt_ != nullptr && snapshot_interrupt_->load(std::memory_order_relaxed))
            return trip(errc::snapshot_too_old);
        if (!looks_between() && runs_in_ != nullptr && runs_in_->is_end_wanted()) return trip(errc::query_cancelled);
        const auto now = clock::now();
        if (now >= deadline_) return trip(errc::deadline_exceeded);
        if (budget_ && budget_->is_spent(now, thread_time)) return trip(errc::budget_exceeded);
        return false;
    }

    bool trip(errc why) noexcept {
        if (!tripped_) tripped_ = why;
        return true;
    }
    /// Why the job was ended, whatever its work made of it.
    std::optional<errc> tripped() const noexcept { return tripped_; }

private:
    clock::time_point deadline_{};
    std::optional<budget_clock> budget_;
    const std::atomic<bool>* cancelled_ = nullptr;
    const std::atomic<bool>* cancelled_between_ = nullptr;
    const std::atomic<bool>* snapshot_interrupt_ = nullptr;
    const run_slot* runs_in_ = nullptr;
    std::optional<errc> tripped_;
    bool armed_ = false;
};

}  // namespace carrel::sqlite
