#pragma once

#include "base/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace carrel::siem {

inline constexpr timestamp second = 1'000'000;
inline constexpr timestamp day = 86'400 * second;

/// Midnight of a date; nothing if the calendar does not have it.
inline std::optional<timestamp> day_of(int year, int month, int of_month) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(of_month))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * day;
}

/// Reads the parts of a written time, one after the other.
class time_cursor {
public:
    explicit time_cursor(std::string_view text) noexcept
        : rest_(text) {}

    bool done() const noexcept { return rest_.empty(); }
    char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
    bool take(char c) noexcept {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_one_of(std::string_view set) noexcept {
        if (done() || set.find(rest_.front()) == set.npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `count` digits.
    std::optional<int> number(std::size_t count) noexcept {
        if (rest_.size() < count) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(rest_[i])) return std::nullopt;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    // `HH:MM:SS`. 60 seconds are a leap second; it falls together with the second after it.
    std::optional<timestamp> whole_seconds() noexcept {
        const auto hours = number(2);
        if (!hours || *hours > 23 || !take(':')) return std::nullopt;
        const auto minutes = number(2);
        if (!minutes || *minutes > 59 || !take(':')) return std::nullopt;
        const auto seconds = number(2);
        if (!seconds || *seconds > 60) return std::nullopt;
        return (*hours * 3600 + *minutes * 60 + *seconds) * second;
    }
    bool take(std::string_view word) noexcept {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    std::string_view rest() const noexcept { return rest_; }
    bool at_digit() const noexcept { return !done() && is_digit(rest_.front()); }
    int digit() noexcept {
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

private:
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
    std::string_view rest_;
};

}  // namespace carrel::siem
