#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// What an event has beside its `fields`, taken from them.
enum class event_column : std::uint8_t { time, host, source, channel, event_code, severity };
inline constexpr std::size_t event_column_count = 6;
/// As clients write them, by place.
inline constexpr std::array<std::string_view, event_column_count> event_column_names = {
    "timestamp", "host", "source", "channel", "event_code", "severity"};

/// A member of `fields` that gives a column its value. `path` is `a.b` for `{"a":{"b":…}}` and for `{"a.b":…}`.
struct event_mapping {
    event_column into;
    std::string_view path;
    // Counts only in events that have a scalar at this path, or only in others: for names that mean something else elsewhere.
    std::string_view with = {}, without = {};
    std::string_view nothing = {};  // a value that says nothing here, beside those that never do
};

/// The mappings of docs/events.md. Of one column, an earlier one wins.
std::span<const event_mapping> builtin_mappings();

/// Mappings by path. Immutable, so thread-safe.
class event_mappings {
public:
    /// The views in `all` must live as long as this.
    explicit event_mappings(std::span<const event_mapping> all);

    static const event_mappings& builtin();

    /// What a path means. Paths in `with` and `without` have a bit each; a path may be there for its bit alone.
    struct entry {
        static constexpr std::uint16_t no_rank = 0xFFFF;
        std::string_view path;
        event_column into{};
        std::uint16_t rank = no_rank;  // lower wins
        std::uint32_t bit = 0, with = 0, without = 0;
        std::string_view nothing = {};

        bool is_guarded() const noexcept { return (with | without) != 0; }
        bool holds(std::uint32_t bits) const noexcept { return (with & ~bits) == 0 && (without & bits) == 0; }
    };

    /// Null for a path that means nothing.
    const entry* find(std::string_view path) const noexcept {
        if (path.empty() || path.size() > longest_) return nullptr;
        for (std::size_t at = slot_of(path); slots_[at].path.data() != nullptr; at = (at + 1) & mask_)
            if (slots_[at].path == path) return &slots_[at];
        return nullptr;
    }

private:
    // Distinguished by the ends and the length, without reading the whole.
    std::size_t slot_of(std::string_view path) const noexcept {
        const auto byte = [&](std::size_t at) {
            return static_cast<std::size_t>(static_cast<unsigned char>(path[at]));
        };
        return (byte(0) * 37 + byte(path.size() - 1) * 101 + byte(path.size() / 2) * 11 + path.size() * 7) & mask_;
    }
    entry& at(std::string_view path);
    std::uint32_t bit_of(std::string_view path);

    std::size_t mask_;
    std::vector<entry> slots_;
    std::size_t longest_ = 0, count_ = 0;
    std::uint32_t next_bit_ = 1;
};

}  // namespace carrel::siem
