#pragma once

#include <carrel/error.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace carrel::sqlite {

/// What may end a running statement early. Asked by SQLite's progress handler on the connection's own thread, so no other
/// thread ever interrupts a connection and no statement is hit that was not meant.
class watch {
public:
    using clock = std::chrono::steady_clock;

    /// Starts watching one job. `budget_end` is only set on a resident reader; flags may be null.
    void arm(clock::time_point deadline, std::optional<clock::time_point> budget_end, const std::atomic<bool>* cancelled,
             const std::atomic<bool>* snapshot_interrupt) noexcept {
        deadline_ = deadline;
        budget_end_ = budget_end;
        cancelled_ = cancelled;
        snapshot_interrupt_ = snapshot_interrupt;
        tripped_.reset();
        armed_ = true;
    }
    void disarm() noexcept { armed_ = false; }

    /// Whether the running statement must end; remembers why.
    bool must_end() noexcept {
        if (!armed_) return false;
        if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) return trip(errc::cancelled);
        if (snapshot_interrupt_ != nullptr && snapshot_interrupt_->load(std::memory_order_relaxed))
            return trip(errc::snapshot_too_old);
        const auto now = clock::now();
        if (now >= deadline_) return trip(errc::deadline_exceeded);
        if (budget_end_ && now >= *budget_end_) return trip(errc::budget_exceeded);
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
    std::optional<clock::time_point> budget_end_;
    const std::atomic<bool>* cancelled_ = nullptr;
    const std::atomic<bool>* snapshot_interrupt_ = nullptr;
    std::optional<errc> tripped_;
    bool armed_ = false;
};

}  // namespace carrel::sqlite
