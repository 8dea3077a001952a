#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace carrel::base {

/// The secret of a keyed hash.
struct hash_key {
    std::uint64_t first = 0, second = 0;
};

/// A key drawn from the operating system once a process. Thread-safe.
const hash_key& process_hash_key();

/// SipHash (Aumasson and Bernstein): who does not know the key cannot choose texts whose hashes collide, so a table that
/// hashes words of strangers stays linear. `Rounds` a word and `FinalRounds` at the end: 1 and 3 for tables, 2 and 4
/// where the hash stands for a signature.
template <int Rounds = 1, int FinalRounds = 3>
class siphash {
public:
    explicit siphash(const hash_key& key) noexcept
        : a_(key.first ^ 0x736f6d6570736575),
          b_(key.second ^ 0x646f72616e646f6d),
          c_(key.first ^ 0x6c7967656e657261),
          d_(key.second ^ 0x7465646279746573) {}

    /// The hash of one text; the object may be used once.
    std::uint64_t operator()(std::string_view text) noexcept {
        const std::uint64_t size = text.size();
        for (; text.size() >= 8; text.remove_prefix(8)) absorb(little_endian(text.data(), 8));
        absorb(size << 56 | little_endian(text.data(), text.size()));
        c_ ^= 0xff;
        for (int i = 0; i < FinalRounds; ++i) round();
        return a_ ^ b_ ^ c_ ^ d_;
    }

private:
    // Up to eight bytes, in two overlapping loads at most: short words are the common case.
    static std::uint64_t little_endian(const char* bytes, std::size_t size) noexcept {
        static_assert(std::endian::native == std::endian::little);
        const auto load = [](const char* from, auto word) {
            std::memcpy(&word, from, sizeof word);
            return std::uint64_t{word};
        };
        if (size == 8) return load(bytes, std::uint64_t{});
        if (size >= 4)
            return load(bytes, std::uint32_t{}) | load(bytes + size - 4, std::uint32_t{}) << (8 * (size - 4));
        if (size == 0) return 0;
        const auto byte = [&](std::size_t at) { return load(bytes + at, std::uint8_t{}) << (8 * at); };
        return byte(0) | byte(size / 2) | byte(size - 1);
    }
    void absorb(std::uint64_t word) noexcept {
        d_ ^= word;
        for (int i = 0; i < Rounds; ++i) round();
        a_ ^= word;
    }
    void round() noexcept {
        a_ += b_;
        c_ += d_;
        b_ = std::rotl(b_, 13) ^ a_;
        d_ = std::rotl(d_, 16) ^ c_;
        a_ = std::rotl(a_, 32);
        c_ += b_;
        a_ += d_;
        b_ = std::rotl(b_, 17) ^ c_;
        d_ = std::rotl(d_, 21) ^ a_;
        c_ = std::rotl(c_, 32);
    }

    std::uint64_t a_, b_, c_, d_;
};

/// The hash for tables, with the key of the process.
inline std::uint64_t keyed_hash(std::string_view text) { return siphash<1, 3>(process_hash_key())(text); }

}  // namespace carrel::base
