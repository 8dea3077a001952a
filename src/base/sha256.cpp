#include "base/sha256.hpp"

#include "base/hex.hpp"
#include "base/sha256_constants.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace carrel::base {
namespace {

constexpr std::size_t block_bytes = 64;

std::uint32_t load(const unsigned char* at) noexcept {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

std::array<std::uint32_t, 64> schedule(const unsigned char* block) noexcept {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t t = 0; t < 16; ++t) w[t] = load(block + 4 * t);
    for (std::size_t t = 16; t < 64; ++t) {
        const auto early = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
        const auto late = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
        w[t] = w[t - 16] + early + w[t - 7] + late;
    }
    return w;
}

}  // namespace

void sha256::compress(words& state, const unsigned char* block) noexcept {
    const auto w = schedule(block);
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t t = 0; t < 64; ++t) {
        const auto big_e = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const auto choice = (e & f) ^ (~e & g);
        const auto first = h + big_e + choice + round_constants[t] + w[t];
        const auto big_a = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const auto majority = (a & b) ^ (a & c) ^ (b & c);
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + big_a + majority;
    }
    const std::array<std::uint32_t, 8> mixed{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < mixed.size(); ++i) state[i] += mixed[i];
}

void sha256::update(std::string_view bytes) noexcept {
    static const bool native = has_instructions();
    auto filled = static_cast<std::size_t>(length_ % block_bytes);
    length_ += bytes.size();
    while (!bytes.empty()) {
        const auto taken = std::min(bytes.size(), block_bytes - filled);
        std::memcpy(pending_.data() + filled, bytes.data(), taken);
        bytes.remove_prefix(taken);
        filled += taken;
        if (filled < block_bytes) return;
        (native ? compress_natively : compress)(state_, pending_.data());
        filled = 0;
    }
}

sha256::digest sha256::value() const noexcept {
    // A one bit, zeros up to eight bytes before a block's end, and the length in bits.
    sha256 ended = *this;
    std::array<char, 2 * block_bytes> padding{};
    padding[0] = static_cast<char>(0x80);
    const auto filled = static_cast<std::size_t>(length_ % block_bytes);
    const auto zeros_to = (filled < 56 ? 56 : 120) - filled;
    const std::uint64_t bits = length_ * 8;
    for (std::size_t i = 0; i < 8; ++i) padding[zeros_to + i] = static_cast<char>(bits >> (56 - 8 * i));
    ended.update({padding.data(), zeros_to + 8});
    digest result{};
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = static_cast<unsigned char>(ended.state_[i / 4] >> (24 - 8 * (i % 4)));
    return result;
}

std::string hex_of(const sha256::digest& sum) {
    return to_hex({reinterpret_cast<const char*>(sum.data()), sum.size()});
}

std::string sha256_hex(std::string_view bytes) {
    sha256 sum;
    sum.update(bytes);
    return hex_of(sum.value());
}

}  // namespace carrel::base
