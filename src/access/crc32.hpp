#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carrel::access {

namespace detail {

/// `tables[n][byte]`: what a byte does to the sum when n bytes follow it.
inline constexpr auto crc_tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        auto sum = byte;
        for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0u);
        tables[0][byte] = sum;
    }
    for (std::size_t n = 1; n < 8; ++n)
        for (std::size_t byte = 0; byte < 256; ++byte)
            tables[n][byte] = (tables[n - 1][byte] >> 8) ^ tables[0][tables[n - 1][byte] & 255];
    return tables;
}();

}  // namespace detail

/// The CRC-32 of Ethernet, gzip and zip. Eight bytes at a time: zlib's is made for long texts, and takes three times as long
/// for the sixty bytes of a token, which is looked at with each request.
constexpr std::uint32_t crc32_of(std::string_view text) noexcept {
    const auto& tables = detail::crc_tables;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    std::uint32_t sum = ~0u;
    for (; text.size() >= 8; text.remove_prefix(8))
        sum = tables[7][(sum & 255) ^ byte(0)] ^ tables[6][(sum >> 8 & 255) ^ byte(1)] ^
              tables[5][(sum >> 16 & 255) ^ byte(2)] ^ tables[4][(sum >> 24) ^ byte(3)] ^ tables[3][byte(4)] ^
              tables[2][byte(5)] ^ tables[1][byte(6)] ^ tables[0][byte(7)];
    for (std::size_t i = 0; i < text.size(); ++i) sum = (sum >> 8) ^ tables[0][(sum & 255) ^ byte(i)];
    return ~sum;
}

static_assert(crc32_of("123456789") == 0xcbf43926u);

}  // namespace carrel::access
