#include "syslog/framing.hpp"

#include <algorithm>

namespace carrel::syslog {

namespace {

// More digits begin a line, not a count.
constexpr std::size_t count_digits_max = 9;

bool ends_line(char c) noexcept { return c == '\n' || c == '\0'; }

}  // namespace

bool framing::next(std::string_view& bytes) {
    if (was_given_) begin();
    while (!bytes.empty()) {
        if (place_ == place::at_begin) {
            const char c = bytes.front();
            if (ends_line(c) || c == '\r') {  // an empty line
                bytes.remove_prefix(1);
                continue;
            }
            place_ = c >= '1' && c <= '9' ? place::in_count : place::in_line;
        }
        if (place_ == place::in_count) {
            count(bytes.front());
            if (place_ != place::in_line) bytes.remove_prefix(1);
            continue;
        }
        if (place_ == place::in_counted ? take_counted(bytes) : take_line(bytes)) return true;
    }
    return false;
}

bool framing::finish() {
    if (was_given_) begin();
    return place_ != place::at_begin && end();
}

void framing::begin() noexcept {
    held_.clear();
    place_ = place::at_begin;
    left_ = 0;
    was_given_ = was_cut_ = false;
}

// A digit of the count, the blank behind it, or what shows that it is none but a line's beginning.
void framing::count(char c) {
    if (c == ' ') {
        place_ = place::in_counted;
        held_.clear();
    } else if (c >= '0' && c <= '9' && held_.size() < count_digits_max) {
        left_ = left_ * 10 + static_cast<std::uint64_t>(c - '0');
        held_.push_back(c);
    } else {
        place_ = place::in_line;
    }
}

bool framing::take_counted(std::string_view& bytes) {
    const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    hold(part);
    left_ -= part.size();
    bytes.remove_prefix(part.size());
    return left_ == 0 && end();
}

bool framing::take_line(std::string_view& bytes) {
    const auto found = std::find_if(bytes.begin(), bytes.end(), ends_line);
    const auto size = static_cast<std::size_t>(found - bytes.begin());
    hold(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size + 1, bytes.size()));
    return found != bytes.end() && end();
}

void framing::hold(std::string_view part) {
    const std::size_t room = bytes_max_ - std::min(bytes_max_, held_.size());
    was_cut_ = was_cut_ || part.size() > room;
    held_.append(part.substr(0, room));
}

// False if nothing is left of it.
bool framing::end() {
    while (!held_.empty() && (ends_line(held_.back()) || held_.back() == '\r')) held_.pop_back();
    was_given_ = true;
    if (!held_.empty()) return true;
    begin();
    return false;
}

}  // namespace carrel::syslog
