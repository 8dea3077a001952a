#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

// Decisions of the readers as pure functions and state machines; their loops obey them.
namespace carrel::detail {

/// What the dispatcher knows of one background reader.
struct reader_view {
    bool is_idle = false;  // nothing running, nothing queued
    bool is_open = false;  // holds a connection
    std::size_t queued = 0;
};

/// The home of a new read: an idle reader with a connection, else an idle one that opens its own, else the shortest
/// queue. `readers` is not empty.
constexpr std::size_t choose_home(std::span<const reader_view> readers) noexcept {
    std::optional<std::size_t> closed;
    std::size_t shortest = 0;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        if (readers[i].is_idle && readers[i].is_open) return i;
        if (readers[i].is_idle && !closed) closed = i;
        if (readers[i].queued < readers[shortest].queued) shortest = i;
    }
    return closed.value_or(shortest);
}

/// Whom an idle reader steals from: the longest queue, nobody if all are empty.
constexpr std::optional<std::size_t> choose_victim(std::span<const reader_view> readers, std::size_t thief) noexcept {
    std::optional<std::size_t> longest;
    for (std::size_t i = 0; i < readers.size(); ++i)
        if (i != thief && readers[i].queued > 0 && (!longest || readers[i].queued > readers[*longest].queued))
            longest = i;
    return longest;
}

/// How many reads of a queue share one snapshot: those known to be deep run alone, so that nobody waits behind them.
constexpr std::size_t reads_to_take(std::size_t queued, bool first_is_deep, std::size_t batch_max) noexcept {
    if (queued == 0) return 0;
    return first_is_deep ? 1 : queued < batch_max ? queued : batch_max;
}

/// Whether a reader that has run one batch for so long gives the rest of it away.
constexpr bool sheds_rest(std::chrono::nanoseconds running, std::chrono::nanoseconds budget) noexcept {
    return running > 4 * budget;
}

/// What becomes of a connection between two jobs.
enum class upkeep { keep, replace_old, close_idle };

struct connection_age {
    std::chrono::nanoseconds open_for{0};
    std::chrono::nanoseconds idle_for{0};
};

/// `lifetime` and `idle_time` of zero mean for ever.
constexpr upkeep upkeep_of(connection_age age, std::chrono::nanoseconds lifetime,
                           std::chrono::nanoseconds idle_time) noexcept {
    if (idle_time.count() > 0 && age.idle_for >= idle_time) return upkeep::close_idle;
    if (lifetime.count() > 0 && age.open_for >= lifetime) return upkeep::replace_old;
    return upkeep::keep;
}

/// The statements that a resident hands on at once, because they took longer than its budget before. Forgets a statement
/// as its cost falls. Touched by one thread.
class deep_statements {
public:
    static constexpr std::size_t remembered_max = 1'024;

    bool contains(std::uint64_t fingerprint) const noexcept { return !costs_.empty() && costs_.contains(fingerprint); }

    void overran(std::uint64_t fingerprint, std::chrono::nanoseconds budget) {
        if (fingerprint == 0) return;
        if (costs_.size() >= remembered_max) costs_.clear();
        costs_.try_emplace(fingerprint, 2 * budget);
    }
    /// A handed-on read of this statement took `cost`. Forgotten once the running mean is under half the budget.
    void cost_was(std::uint64_t fingerprint, std::chrono::nanoseconds cost, std::chrono::nanoseconds budget) {
        const auto found = costs_.find(fingerprint);
        if (found == costs_.end()) return;
        found->second = (3 * found->second + cost) / 4;
        if (found->second < budget / 2) costs_.erase(found);
    }
    std::size_t size() const noexcept { return costs_.size(); }

private:
    std::unordered_map<std::uint64_t, std::chrono::nanoseconds> costs_;
};

}  // namespace carrel::detail
