#include "access/encoded_hash.hpp"

#include "access/sodium.hpp"

#include <charconv>

namespace carrel::access {
namespace {

constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
constexpr std::size_t text_size_max = 128;

std::string in_base64(const std::string& bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      variant);
    text.pop_back();  // the NUL
    return text;
}

std::optional<std::string> from_base64(std::string_view text, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t made = 0;
    const int rc = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                     text.size(), nullptr, &made, nullptr, variant);
    if (rc != 0 || made != size) return std::nullopt;
    return bytes;
}

/// Takes parts off the front of a text; once one is not there, nothing more is.
struct front {
    std::string_view rest;
    bool ok = true;

    void skip(std::string_view expected) {
        ok = ok && rest.starts_with(expected);
        if (ok) rest.remove_prefix(expected.size());
    }
    std::size_t number() {
        std::size_t value = 0;
        const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        ok = ok && ec == std::errc();
        if (ok) rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        return value;
    }
    std::string_view until_dollar() {
        const auto part = rest.substr(0, rest.find('$'));
        rest.remove_prefix(part.size());
        return part;
    }
};

bool is_allowed(std::size_t passes, std::size_t kibibytes) {
    return passes >= crypto_pwhash_argon2id_OPSLIMIT_MIN && passes <= crypto_pwhash_argon2id_OPSLIMIT_MAX &&
           kibibytes >= crypto_pwhash_argon2id_MEMLIMIT_MIN / 1024 &&
           kibibytes <= crypto_pwhash_argon2id_MEMLIMIT_MAX / 1024;
}

}  // namespace

std::string to_text(const encoded_hash& hash) {
    return std::string("$argon2id$v=19$m=")
        .append(std::to_string(hash.cost.bytes / 1024))
        .append(",t=")
        .append(std::to_string(hash.cost.passes))
        .append(",p=1$")
        .append(in_base64(hash.salt))
        .append("$")
        .append(in_base64(hash.sum));
}

std::optional<encoded_hash> parse_hash(std::string_view text) {
    if (text.size() > text_size_max) return std::nullopt;
    front parts{text};
    parts.skip("$argon2id$v=19$m=");
    const auto kibibytes = parts.number();
    parts.skip(",t=");
    const auto passes = parts.number();
    parts.skip(",p=1$");
    auto salt = from_base64(parts.until_dollar(), hash_salt_bytes);
    parts.skip("$");
    auto sum = from_base64(parts.rest, hash_sum_bytes);
    if (!parts.ok || !salt || !sum || !is_allowed(passes, kibibytes)) return std::nullopt;
    encoded_hash found{{static_cast<unsigned>(passes), kibibytes * 1024}, std::move(*salt), std::move(*sum)};
    if (to_text(found) != text) return std::nullopt;
    return found;
}

}  // namespace carrel::access
