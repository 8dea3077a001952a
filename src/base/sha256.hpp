#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::base {

/// SHA-256 (FIPS 180-4) over bytes that arrive in pieces. Not thread-safe; copying it copies what came so far.
class sha256 {
public:
    using digest = std::array<unsigned char, 32>;

    void update(std::string_view bytes) noexcept;
    /// The digest of what came so far; more may follow.
    digest value() const noexcept;

    using words = std::array<std::uint32_t, 8>;
    /// Mixes a block of 64 bytes into a state; the second with instructions that `has_instructions` finds.
    static void compress(words& state, const unsigned char* block) noexcept;
    static void compress_natively(words& state, const unsigned char* block) noexcept;
    static bool has_instructions() noexcept;

private:
    words state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> pending_{};
    std::uint64_t length_ = 0;  // in bytes; its last six bits say how much of pending_ is filled
};

/// A digest in lower-case hexadecimal.
std::string hex_of(const sha256::digest& sum);
/// The SHA-256 of `bytes` in lower-case hexadecimal.
std::string sha256_hex(std::string_view bytes);

}  // namespace carrel::base
