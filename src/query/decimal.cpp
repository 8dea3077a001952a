#include "query/decimal.hpp"

#include <algorithm>

namespace carrel::query {

namespace {

constexpr std::int64_t exponent_max = 1'000'000'000'000;

std::string_view take_digits(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

// Exponents beyond any number that is written out are all alike.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
    if (!take(text, 'e') && !take(text, 'E')) return 0;
    const bool negative = text.starts_with('-');
    if (!take(text, '+')) take(text, '-');
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : digits) value = std::min(value * 10 + (c - '0'), exponent_max);
    return negative ? -value : value;
}

void strip_zeros(std::string_view& digits) {
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

std::optional<decimal> decimal::parse(std::string_view text) {
    decimal made;
    made.negative_ = text.starts_with('-');
    if (!take(text, '-')) take(text, '+');
    made.whole_ = take_digits(text);
    const bool has_point = take(text, '.');
    if (has_point) made.fraction_ = take_digits(text);
    if (made.whole_.empty() || (has_point && made.fraction_.empty())) return std::nullopt;
    const auto exponent = take_exponent(text);
    if (!exponent || !text.empty()) return std::nullopt;
    strip_zeros(made.whole_);
    made.power_ = *exponent + static_cast<std::int64_t>(made.whole_.size());
    if (made.whole_.empty()) {
        const std::size_t all = made.fraction_.size();
        strip_zeros(made.fraction_);
        made.power_ -= static_cast<std::int64_t>(all - made.fraction_.size());
    }
    if (made.size() == 0) return decimal{};
    return made;
}

std::strong_ordering decimal::compare_magnitude(const decimal& other) const noexcept {
    if (size() == 0 || other.size() == 0) return size() <=> other.size();
    if (power_ != other.power_) return power_ <=> other.power_;
    for (std::size_t at = 0; at < std::max(size(), other.size()); ++at)
        if (digit(at) != other.digit(at)) return digit(at) <=> other.digit(at);
    return std::strong_ordering::equal;
}

std::strong_ordering decimal::operator<=>(const decimal& other) const noexcept {
    if (negative_ != other.negative_) return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    return negative_ ? other.compare_magnitude(*this) : compare_magnitude(other);
}

}  // namespace carrel::query
