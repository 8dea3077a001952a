#pragma once

#include <cstdint>

namespace carrel::base {

/// The 128 bits of a product.
struct wide_product {
    std::uint64_t low, high;
};

inline wide_product multiply(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(a) * b;
    return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
}

}  // namespace carrel::base
