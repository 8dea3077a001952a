#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace carrel::testing {

inline constexpr std::size_t slots = 16;
using slot_values = std::array<std::int64_t, slots>;

/// One operation on a row of slots and a counter that grows with each write. Times are ticks of one clock that all
/// clients share: between `sent` and `answered` it took effect at one moment, or the engine is wrong.
struct operation {
    std::size_t client = 0;
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    bool is_write = false;
    std::int64_t count = 0;      // the counter that a write made or a read saw
    std::size_t slot = 0;        // of a write
    std::int64_t written = 0;    // into it
    slot_values seen{};          // by a read
    std::uint64_t sequence = 0;  // of the commit in a write's reply
};

/// What no sequential execution explains. `history` holds every operation that succeeded; a failed write leaves nothing.
///
/// The counter gives the order in which writes took effect, and tells each read its place among them. So all that is
/// left to check is that places are taken once, that each read saw what the writes up to its place left, and that no
/// operation took its effect before one that was answered before it was sent (Herlihy and Wing's real-time order), nor
/// a client's write before one that it had sent earlier; and that commits are numbered in that order.
inline std::vector<std::string> contradictions(std::vector<operation> history) {
    std::vector<std::string> found;
    const auto text_of = [](const operation& one) {
        return std::string(one.is_write ? "write" : "read") + " of client " + std::to_string(one.client) +
               " at ticks " + std::to_string(one.sent) + " to " + std::to_string(one.answered) + ", count " +
               std::to_string(one.count);
    };

    std::map<std::int64_t, const operation*> writes;
    for (const auto& one : history)
        if (one.is_write && !writes.emplace(one.count, &one).second)
            found.push_back("a count was given twice: " + text_of(one));
    std::vector<slot_values> states{slot_values{}};
    const operation* last = nullptr;
    for (const auto& [count, one] : writes) {
        if (count != static_cast<std::int64_t>(states.size())) {
            found.push_back("counts have a gap before " + text_of(*one));
            return found;
        }
        states.push_back(states.back());
        states.back()[one->slot] = one->written;
        if (last != nullptr && last->sequence > one->sequence)
            found.push_back("a " + text_of(*one) + " was told of an earlier commit than the " + text_of(*last));
        last = one;
    }
    for (const auto& one : history) {
        if (one.is_write) continue;
        if (one.count < 0 || one.count >= static_cast<std::int64_t>(states.size())) {
            found.push_back("nobody was told of what was seen by a " + text_of(one));
        } else if (one.seen != states[static_cast<std::size_t>(one.count)]) {
            found.push_back("a mixture of states was seen by a " + text_of(one));
        }
    }

    std::sort(history.begin(), history.end(), [](const auto& a, const auto& b) { return a.sent < b.sent; });
    std::vector<const operation*> by_end;
    for (const auto& one : history) by_end.push_back(&one);
    std::sort(by_end.begin(), by_end.end(), [](const auto* a, const auto* b) { return a->answered < b->answered; });
    std::size_t ended = 0;
    const operation* latest = nullptr;  // of those that ended before
    for (const auto& one : history) {
        for (; ended < by_end.size() && by_end[ended]->answered < one.sent; ++ended)
            if (latest == nullptr || by_end[ended]->count > latest->count) latest = by_end[ended];
        if (latest == nullptr) continue;
        const bool is_behind = one.is_write ? one.count <= latest->count : one.count < latest->count;
        if (is_behind) found.push_back("a " + text_of(one) + " came after a " + text_of(*latest));
    }
    std::map<std::size_t, const operation*> last_write;  // of each client, in the order in which it sent them
    for (const auto& one : history) {
        if (!one.is_write) continue;
        auto& before = last_write[one.client];
        if (before != nullptr && before->count > one.count)
            found.push_back("a " + text_of(one) + " overtook the " + text_of(*before));
        before = &one;
    }
    return found;
}

}  // namespace carrel::testing
