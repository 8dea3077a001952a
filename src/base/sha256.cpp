#include "base/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace carrel::base {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

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

void sha256::compress(const unsigned char* block) noexcept {
    const auto w = schedule(block);
    auto [a, b, c, d, e, f, g, h] = state_;
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
    for (std::size_t i = 0; i < mixed.size(); ++i) state_[i] += mixed[i];
}

void sha256::update(std::string_view bytes) noexcept {
    auto filled = static_cast<std::size_t>(length_ % block_bytes);
    length_ += bytes.size();
    while (!bytes.empty()) {
        const auto taken = std::min(bytes.size(), block_bytes - filled);
        std::memcpy(pending_.data() + filled, bytes.data(), taken);
        bytes.remove_prefix(taken);
        filled += taken;
        if (filled < block_bytes) return;
        compress(pending_.data());
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

std::string sha256_hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    sha256 sum;
    sum.update(bytes);
    std::string text;
    for (const auto byte : sum.value()) text.append({digits[byte >> 4], digits[byte & 15]});
    return text;
}

}  // namespace carrel::base
