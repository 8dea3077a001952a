#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace carrel::siem {

/// The 128 bits of a UUID; ordered as its text.
struct uuid {
    std::uint64_t high = 0, low = 0;
    friend auto operator<=>(const uuid&, const uuid&) = default;
};

/// A UUID in lower-case text with its four hyphens; nothing for anything else.
std::optional<uuid> parse_uuid(std::string_view text) noexcept;
std::string text_of(const uuid& id);

/// Makes UUIDv7 (RFC 9562) in lower-case text, each greater than the one before. Seeded from the operating system.
/// Not thread-safe: one a thread.
class uuid_generator {
public:
    uuid_generator();
    explicit uuid_generator(std::uint64_t seed)
        : random_(seed) {}

    /// For now by the system's clock, as text.
    std::string operator()() { return text_of(next()); }
    uuid next();
    /// For a given time; a clock that went back makes no smaller id.
    uuid next(std::uint64_t unix_milliseconds);

private:
    std::mt19937_64 random_;
    std::uint64_t milliseconds_ = 0;
    // The 74 bits behind the time: twelve and sixty-two.
    std::uint64_t high_ = 0, low_ = 0;
};

/// 1–128 of `[A-Za-z0-9_-]`: what an id may be.
bool is_valid_id(std::string_view id) noexcept;

}  // namespace carrel::siem
