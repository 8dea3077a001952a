#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace carrel::siem {

/// Lines for the log about the moving of events that version 0.1.0 stored as rows: one when it begins, one a quarter of a
/// minute, one when all are moved. It has no clock and reads nothing.
class moved_rows {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Whether the number of rows must be counted before `begin`.
    bool is_under_way() const noexcept { return begun_at_.has_value(); }
    /// `left` rows wait to be moved.
    std::string begin(std::int64_t left, time_point now);
    /// `moved` of them have been; a line if it is time for one.
    std::optional<std::string> add(std::int64_t moved, time_point now);
    /// None are left; a line if there were any.
    std::optional<std::string> end(time_point now);
    /// Rows that wait, less those that were deleted meanwhile, which are not known here.
    std::int64_t left() const noexcept { return left_; }

private:
    std::optional<time_point> begun_at_;
    time_point line_at_{};
    std::int64_t left_ = 0, moved_ = 0;
};

}  // namespace carrel::siem
