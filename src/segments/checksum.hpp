#pragma once

#include "base/multiply.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::segments {

/// By which damaged bytes are detected. It is written in files, so it never changes: the same mixing as that of tokens, eight
/// bytes at a time in four lanes that a processor multiplies side by side. It has no key: it guards against disks, not
/// against people.
inline std::uint64_t checksum_of(std::string_view bytes) noexcept {
    constexpr std::uint64_t multiplier = 0xd1b54a32d192ed03, increment = 0x9e3779b97f4a7c15;
    const auto mix = [](std::uint64_t state) {
        const auto product = base::multiply(state + increment, multiplier);
        return product.high ^ product.low;
    };
    std::array<std::uint64_t, 4> lanes = {bytes.size(), increment, multiplier, ~increment}, words;
    for (; bytes.size() >= sizeof words; bytes.remove_prefix(sizeof words)) {
        std::memcpy(words.data(), bytes.data(), sizeof words);
        for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = mix(lanes[i] ^ words[i]);
    }
    std::uint64_t state = lanes[0], word = 0;
    for (std::size_t i = 1; i < lanes.size(); ++i) state = mix(state ^ lanes[i]);
    for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
        std::memcpy(&word, bytes.data(), sizeof word);
        state = mix(state ^ word);
    }
    word = 0;
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
    return mix(mix(state ^ word));
}

inline void append_checksum(std::string& bytes) {
    const std::uint64_t sum = checksum_of(bytes);
    bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

/// The bytes before their checksum; nothing if it is not theirs.
inline std::optional<std::string_view> without_checksum(std::string_view bytes) noexcept {
    std::uint64_t sum = 0;
    if (bytes.size() < sizeof sum) return std::nullopt;
    const std::string_view sound = bytes.substr(0, bytes.size() - sizeof sum);
    std::memcpy(&sum, bytes.data() + sound.size(), sizeof sum);
    if (sum != checksum_of(sound)) return std::nullopt;
    return sound;
}

}  // namespace carrel::segments
