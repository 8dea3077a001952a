#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace carrel::query {

/// The hash of tokens. It is written in files, so it never changes: `tests/unit/query_tokens.cpp` pins its values.
///
/// Each eight bytes, little-endian, the last ones filled up with zeros, are xored into the state, and the state becomes
/// the two halves, xored, of its product with an odd constant. The seed and the length go in first; one more round mixes
/// the end. It has no key: who crafts events that collide makes filters say yes in vain, never no.
class token_hash {
public:
    static std::uint64_t of(std::string_view bytes, std::uint64_t seed) noexcept { return run<0>(bytes, seed); }

    /// The hash of an ASCII word's lower case; `word` holds letters and digits alone, whose lower case has bit 5 set.
    static std::uint64_t of_lower(std::string_view word, std::uint64_t seed) noexcept {
        return run<0x2020202020202020>(word, seed);
    }

private:
    static constexpr std::uint64_t multiplier = 0xd1b54a32d192ed03, increment = 0x9e3779b97f4a7c15;

    static std::uint64_t mix(std::uint64_t state) noexcept {
        __extension__ using wide = unsigned __int128;
        const wide product = static_cast<wide>(state + increment) * multiplier;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    template <class Word>
    static std::uint64_t load(const char* from) noexcept {
        static_assert(std::endian::native == std::endian::little);
        Word word;
        std::memcpy(&word, from, sizeof word);
        return word;
    }
    // Fewer than eight bytes, in two overlapping loads at most.
    static std::uint64_t tail(const char* bytes, std::size_t size) noexcept {
        if (size >= 4) return load<std::uint32_t>(bytes) | load<std::uint32_t>(bytes + size - 4) << (8 * (size - 4));
        if (size == 0) return 0;
        return load<std::uint8_t>(bytes) | load<std::uint8_t>(bytes + size / 2) << (8 * (size / 2)) |
               load<std::uint8_t>(bytes + size - 1) << (8 * (size - 1));
    }
    template <std::uint64_t Fold>
    static std::uint64_t run(std::string_view bytes, std::uint64_t seed) noexcept {
        std::uint64_t state = seed ^ (bytes.size() * increment);
        const char* at = bytes.data();
        std::size_t left = bytes.size();
        for (; left >= 8; at += 8, left -= 8) state = mix(state ^ (load<std::uint64_t>(at) | Fold));
        if (left != 0) state = mix(state ^ (tail(at, left) | Fold >> (64 - 8 * left)));
        return mix(state);
    }
};

}  // namespace carrel::query
