#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace carrel::detail {

/// What reads of each deep statement have cost, as a running mean of their time by the clock. Thread-safe; read and
/// written once for each background read, never on the path of a resident's.
class read_costs {
public:
    static constexpr std::size_t remembered_max = 4'096;

    /// Nothing if the statement has not run yet.
    std::optional<std::chrono::nanoseconds> expected(std::uint64_t fingerprint) const noexcept {
        std::lock_guard lock(mutex_);
        const auto found = costs_.find(fingerprint);
        return found == costs_.end() ? std::nullopt : std::optional(found->second);
    }
    void took(std::uint64_t fingerprint, std::chrono::nanoseconds time) noexcept {
        if (fingerprint == 0) return;
        std::lock_guard lock(mutex_);
        mean_ = mean_.count() == 0 ? time : (7 * mean_ + time) / 8;
        try {
            if (costs_.size() >= remembered_max) costs_.clear();
            const auto [found, is_new] = costs_.try_emplace(fingerprint, time);
            if (!is_new) found->second = (3 * found->second + time) / 4;
        } catch (...) {
            // Without memory nothing is recorded; the next run does it.
        }
    }

    /// Of the newest, whatever the statement; 0 before the first.
    std::chrono::nanoseconds mean() const noexcept {
        std::lock_guard lock(mutex_);
        return mean_;
    }

private:
    mutable std::mutex mutex_;
    std::chrono::nanoseconds mean_{0};                                   // guarded by mutex_
    std::unordered_map<std::uint64_t, std::chrono::nanoseconds> costs_;  // guarded by mutex_
};

}  // namespace carrel::detail
