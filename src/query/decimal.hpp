#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::query {

/// A decimal number of any size, compared digit by digit: nothing is rounded. Views the text that it was read from.
class decimal {
public:
    /// `-12`, `+0.5`, `1e6`; nothing for any other text.
    static std::optional<decimal> parse(std::string_view text);

    std::strong_ordering operator<=>(const decimal& other) const noexcept;
    bool operator==(const decimal& other) const noexcept { return (*this <=> other) == 0; }

private:
    std::size_t size() const noexcept { return whole_.size() + fraction_.size(); }
    char digit(std::size_t at) const noexcept {
        return at < whole_.size() ? whole_[at] : at < size() ? fraction_[at - whole_.size()] : '0';
    }
    std::strong_ordering compare_magnitude(const decimal& other) const noexcept;

    bool negative_ = false;
    // The digits from the first that is not zero; none of zero.
    std::string_view whole_, fraction_;
    std::int64_t power_ = 0;  // of ten, of the first digit
};

}  // namespace carrel::query
