#include "siem/moved_rows.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::chrono::seconds line_interval{15};
constexpr const char* begins = "events of version 0.1.0: ";

}  // namespace

std::string moved_rows::begin(std::int64_t left, time_point now) {
    begun_at_ = now;
    line_at_ = now + line_interval;
    left_ = left;
    moved_ = 0;
    return begins + std::to_string(left) + " are being moved into segments";
}

std::optional<std::string> moved_rows::add(std::int64_t moved, time_point now) {
    moved_ += moved;
    left_ = std::max<std::int64_t>(0, left_ - moved);
    if (now < line_at_) return std::nullopt;
    line_at_ = now + line_interval;
    return begins + std::to_string(moved_) + " moved, " + std::to_string(left_) + " left";
}

std::optional<std::string> moved_rows::end(time_point now) {
    if (!begun_at_) return std::nullopt;
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now - *begun_at_).count();
    begun_at_.reset();
    left_ = 0;
    return begins + std::string("all are moved, ") + std::to_string(moved_) + " in " + std::to_string(time) + " ms";
}

}  // namespace carrel::siem
