#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
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
    explicit constexpr siphash(const hash_key& key) noexcept
        : a_(key.first ^ 0x736f6d6570736575),
          b_(key.second ^ 0x646f72616e646f6d),
          c_(key.first ^ 0x6c7967656e657261),
          d_(key.second ^ 0x7465646279746573) {}

    /// The hash of one text; the object may be used once.
    constexpr std::uint64_t operator()(std::string_view text) noexcept {
        const std::uint64_t size = text.size();
        for (; text.size() >= 8; text.remove_prefix(8)) absorb(little_endian(text.substr(0, 8)));
        absorb(size << 56 | little_endian(text));
        c_ ^= 0xff;
        for (int i = 0; i < FinalRounds; ++i) round();
        return a_ ^ b_ ^ c_ ^ d_;
    }

private:
    // Compilers make one load of it where eight bytes are given.
    static constexpr std::uint64_t little_endian(std::string_view bytes) noexcept {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        return word;
    }
    constexpr void absorb(std::uint64_t word) noexcept {
        d_ ^= word;
        for (int i = 0; i < Rounds; ++i) round();
        a_ ^= word;
    }
    constexpr void round() noexcept {
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
