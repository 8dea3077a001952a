#include "base/uuid.hpp"

#include "base/hex.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace carrel::siem {

namespace {

constexpr std::uint64_t low_mask = (std::uint64_t{1} << 62) - 1;
constexpr std::uint64_t high_mask = (std::uint64_t{1} << 12) - 1;

constexpr std::size_t text_size = 36;

constexpr bool is_hyphen_at(std::size_t at) noexcept { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::string text_of(const uuid& id) {
    std::array<char, text_size> text;
    int nibble = 0;
    for (std::size_t at = 0; at < text_size; ++at) {
        if (is_hyphen_at(at)) {
            text[at] = '-';
            continue;
        }
        const std::uint64_t half = nibble < 16 ? id.high : id.low;
        text[at] = base::hex_digits[half >> (60 - 4 * (nibble % 16)) & 15];
        ++nibble;
    }
    return {text.data(), text.size()};
}

std::optional<uuid> parse_uuid(std::string_view text) noexcept {
    if (text.size() != text_size) return std::nullopt;
    uuid id;
    int nibble = 0;
    for (std::size_t at = 0; at < text_size; ++at) {
        if (is_hyphen_at(at)) {
            if (text[at] != '-') return std::nullopt;
            continue;
        }
        const int digit = base::hex_value(text[at]);
        if (digit < 0) return std::nullopt;
        std::uint64_t& half = nibble < 16 ? id.high : id.low;
        half = half << 4 | static_cast<std::uint64_t>(digit);
        ++nibble;
    }
    return id;
}

uuid_generator::uuid_generator() {
    std::random_device system;
    std::seed_seq seed{system(), system(), system(), system(), system(), system(), system(), system()};
    random_.seed(seed);
}

uuid uuid_generator::next() {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
    return next(static_cast<std::uint64_t>(now.count()));
}

uuid uuid_generator::next(std::uint64_t unix_milliseconds) {
    if (unix_milliseconds > milliseconds_) {
        milliseconds_ = unix_milliseconds;
        // The top bit stays free, so that thousands of ids of one millisecond have room to grow.
        high_ = random_() & (high_mask >> 1);
        low_ = random_() & low_mask;
    } else {
        // A random step, so that ids do not tell how many were made; a short one, so that they pack well.
        low_ += 1 + (random_() >> 48);
        if (low_ > low_mask) {
            low_ &= low_mask;
            if (++high_ > high_mask) {
                high_ = 0;
                ++milliseconds_;
            }
        }
    }
    constexpr std::uint64_t version = 0x7000, variant = std::uint64_t{2} << 62;
    return {milliseconds_ << 16 | version | high_, variant | low_};
}

bool is_valid_id(std::string_view id) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), allowed);
}

}  // namespace carrel::siem
