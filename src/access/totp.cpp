#include "access/totp.hpp"

#include "access/sodium.hpp"
#include "base/hex.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace carrel::access {
namespace {

constexpr std::size_t digits = 6;
constexpr std::uint32_t modulus = 1'000'000;
using code_text = std::array<char, digits>;

// RFC 4226 section 5.3: the last four bits say where the 31 bits begin of which the code is the rest.
code_text code_of(std::string_view secret, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (std::size_t i = 0; i < 8; ++i) counter[i] = static_cast<unsigned char>(step >> (56 - 8 * i));
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    if (HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(), sum.data(),
             &size) == nullptr)
        throw std::runtime_error("this machine's OpenSSL has no HMAC-SHA-1");
    const auto* const from = sum.data() + (sum[size - 1] & 15);
    const auto word =
        std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
    code_text text{};
    auto rest = (word & 0x7fffffff) % modulus;
    for (std::size_t i = digits; i-- > 0; rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
    return text;
}

std::optional<code_text> typed_code(std::string_view typed) {
    code_text text{};
    std::size_t size = 0;
    for (const char each : typed) {
        if (each == ' ') continue;
        if (each < '0' || each > '9' || size == digits) return std::nullopt;
        text[size++] = each;
    }
    if (size != digits) return std::nullopt;
    return text;
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        const bool is_plain = (each >= '0' && each <= '9') || (each >= 'A' && each <= 'Z') ||
                              (each >= 'a' && each <= 'z') || each == '-' || each == '.' || each == '_' || each == '~';
        if (is_plain) encoded += each;
        else encoded.append({'%', base::hex_digits[byte >> 4], base::hex_digits[byte & 15]});
    }
    return encoded;
}

std::int64_t step_at(std::int64_t now_us) { return now_us / totp_step_us - (now_us % totp_step_us < 0 ? 1 : 0); }

}  // namespace

std::string new_totp_secret() { return random_bytes(totp_secret_bytes); }

std::string otpauth_uri(std::string_view secret, std::string_view account, std::string_view issuer) {
    const auto from = percent_encoded(issuer);
    return "otpauth://totp/" + from + ":" + percent_encoded(account) + "?secret=" + to_base32(secret) +
           "&issuer=" + from + "&algorithm=SHA1&digits=6&period=30";
}

std::string totp_code(std::string_view secret, std::int64_t step) {
    const auto text = code_of(secret, step);
    return {text.data(), text.size()};
}

std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code, std::int64_t now_us,
                                          std::int64_t last_step_used) {
    const auto typed = typed_code(code);
    if (!typed) return std::nullopt;
    std::optional<std::int64_t> found;
    const auto now = step_at(now_us);
    for (auto step = now - 1; step <= now + 1; ++step) {
        const auto right = code_of(secret, step);
        const bool is_equal = sodium_memcmp(right.data(), typed->data(), digits) == 0;
        if (is_equal && step >= 0 && step > last_step_used) found = step;
    }
    return found;
}

}  // namespace carrel::access
