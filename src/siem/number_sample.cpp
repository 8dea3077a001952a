#include "siem/number_sample.hpp"

#include "query/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace carrel::siem {

static_assert(std::numeric_limits<number_sample::number>::digits >= 64);

std::optional<number_sample::number> number_sample::parse(std::string_view text) {
    if (!query::decimal::parse(text)) return std::nullopt;
    if (text.starts_with('+')) text.remove_prefix(1);
    const char* end = text.data() + text.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end)
        return static_cast<number>(whole);
    number value = 0;
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || !std::isfinite(static_cast<double>(value))) return std::nullopt;
    return value;
}

std::string number_sample::written(number value) {
    constexpr number integers_end = 18'446'744'073'709'551'616.0L;
    std::array<char, 64> text;
    auto made = std::to_chars_result{text.data(), std::errc()};
    char* const end = text.data() + text.size();
    if (std::trunc(value) == value && std::fabs(value) < integers_end) {
        char* at = text.data();
        if (value < 0) *at++ = '-';
        made = std::to_chars(at, end, static_cast<std::uint64_t>(std::fabs(value)));
    } else {
        const auto rounded = static_cast<double>(value);
        if (!std::isfinite(rounded)) return "null";
        made = std::to_chars(text.data(), end, rounded);
    }
    return {text.data(), made.ptr};
}

void number_sample::add(number value) {
    least_ = count_ == 0 ? value : std::min(least_, value);
    greatest_ = count_ == 0 ? value : std::max(greatest_, value);
    sum_ += value;
    ++count_;
    is_sorted_ = false;
    if (kept_.size() < kept_max) return kept_.push_back(value);
    // xorshift64: which numbers are left out must not depend on their values.
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    if (const std::uint64_t slot = random_ % count_; slot < kept_max) kept_[slot] = value;
}

number_sample::number number_sample::percentile(double percent) {
    if (!is_sorted_) std::sort(kept_.begin(), kept_.end());
    is_sorted_ = true;
    const double rank = std::ceil(percent / 100 * static_cast<double>(kept_.size()));
    return kept_[std::max<std::size_t>(static_cast<std::size_t>(rank), 1) - 1];
}

}  // namespace carrel::siem
