#include "segments/token.hpp"

#include "base/multiply.hpp"

#include <cstring>

namespace carrel::segments {

namespace {

constexpr std::uint64_t word_seed = 0x6a09e667f3bcc909, member_seed = 0xbb67ae8584caa73b;
constexpr std::uint64_t first_factor = 0x9e3779b97f4a7c15, second_factor = 0xd1b54a32d192ed03;

// Both halves of the product, folded: each bit of the input reaches each bit of the output.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
    const auto product = base::multiply(a, b);
    return product.low ^ product.high;
}

// Little-endian, as the files are.
std::uint64_t load(const char* from, std::size_t size) noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, from, size);
    return bytes;
}

std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
    std::uint64_t state = seed ^ text.size() * first_factor;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; at += 8, left -= 8) state = mixed(state ^ load(at, 8), first_factor);
    if (left > 0) state = mixed(state ^ load(at, left), second_factor);
    return mixed(state ^ second_factor, first_factor);
}

}  // namespace

std::uint64_t token_of_word(std::string_view word) noexcept { return hash(word, word_seed); }

std::uint64_t member_key(std::string_view name) noexcept { return hash(name, member_seed); }
std::uint64_t token_of_member(std::uint64_t key, std::string_view text) noexcept { return hash(text, key); }

}  // namespace carrel::segments
