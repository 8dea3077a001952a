#include "access/secret_token.hpp"

#include "access/crc32.hpp"
#include "access/sodium.hpp"
#include "base/base64url.hpp"

#include <algorithm>
#include <array>

namespace carrel::access {
namespace {

constexpr std::size_t id_size = 12, secret_bytes = 32, secret_size = 43, checksum_size = 6;
constexpr std::size_t tail_size = id_size + 1 + secret_size + checksum_size;
constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// What a byte stands for in base64url; 64 for nothing.
constexpr auto values = [] {
    std::array<unsigned char, 256> made{};
    made.fill(64);
    for (std::size_t i = 0; i < base64url.size(); ++i)
        made[static_cast<unsigned char>(base64url[i])] = static_cast<unsigned char>(i);
    return made;
}();

constexpr auto is_id_symbol = [] {
    std::array<bool, 256> made{};
    for (const char each : std::string_view(plain_symbols)) made[static_cast<unsigned char>(each)] = true;
    return made;
}();

// 32 bits of a CRC in six symbols, which have 36.
std::array<char, checksum_size> checksum_of(std::string_view text) noexcept {
    const std::uint64_t sum = crc32_of(text);
    std::array<char, checksum_size> symbols{};
    for (std::size_t i = 0; i < checksum_size; ++i) symbols[i] = base64url[(sum << 4 >> (6 * (5 - i))) & 63];
    return symbols;
}

bool is_id(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_id_symbol[static_cast<unsigned char>(c)]; });
}

// 43 symbols have two bits more than 32 bytes.
bool is_secret(std::string_view text) noexcept {
    const auto value = [](char c) { return values[static_cast<unsigned char>(c)]; };
    return std::all_of(text.begin(), text.end(), [&](char c) { return value(c) < 64; }) && value(text.back()) % 4 == 0;
}

std::optional<token_kind> kind_of(std::string_view text) noexcept {
    for (const auto kind : {token_kind::api, token_kind::session}) {
        const auto prefix = prefix_of(kind);
        if (text.size() == prefix.size() + tail_size && text.starts_with(prefix)) return kind;
    }
    return std::nullopt;
}

}  // namespace

std::string_view prefix_of(token_kind kind) noexcept {
    return kind == token_kind::session ? "carrelsession_" : "carrel_";
}

new_token make_token(token_kind kind) {
    const auto secret = siem::to_base64url(random_bytes(secret_bytes));
    new_token made;
    made.id = random_symbols(id_size);
    made.hash = hash_of(secret);
    made.text = std::string(prefix_of(kind)) + made.id + "_" + secret;
    const auto sum = checksum_of(made.text);
    made.text.append(sum.data(), sum.size());
    return made;
}

std::optional<token_parts> parse_token(std::string_view text) noexcept {
    const auto kind = kind_of(text);
    if (!kind) return std::nullopt;
    const auto id_at = prefix_of(*kind).size(), secret_at = id_at + id_size + 1;
    const token_parts parts{*kind, text.substr(id_at, id_size), text.substr(secret_at, secret_size)};
    const auto sum = checksum_of(text.substr(0, secret_at + secret_size));
    const bool is_whole = text.substr(secret_at + secret_size) == std::string_view(sum.data(), sum.size());
    if (!is_whole || text[secret_at - 1] != '_' || !is_id(parts.id) || !is_secret(parts.secret)) return std::nullopt;
    return parts;
}

base::sha256::digest digest_of(std::string_view secret) noexcept {
    base::sha256 sum;
    sum.update(secret);
    return sum.value();
}

std::string hash_of(std::string_view secret) { return base::hex_of(digest_of(secret)); }

bool same(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool same(const base::sha256::digest& a, const base::sha256::digest& b) noexcept {
    return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace carrel::access
