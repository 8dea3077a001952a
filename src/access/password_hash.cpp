#include "access/password_hash.hpp"

#include "access/encoded_hash.hpp"
#include "access/sodium.hpp"
#include "base/secret_box.hpp"

#include <algorithm>
#include <new>

namespace carrel::access {
namespace {

static_assert(hash_salt_bytes == crypto_pwhash_argon2id_SALTBYTES);

/// A text of a password, wiped at the end.
struct wiped {
    std::string text;
    ~wiped() { base::wipe(text); }
};

hash_cost within_limits(hash_cost cost) {
    const std::size_t passes_min = crypto_pwhash_argon2id_OPSLIMIT_MIN, bytes_min = crypto_pwhash_argon2id_MEMLIMIT_MIN;
    const auto bytes = std::clamp<std::size_t>(cost.bytes, bytes_min, crypto_pwhash_argon2id_MEMLIMIT_MAX);
    return {static_cast<unsigned>(std::max<std::size_t>(cost.passes, passes_min)), bytes / 1024 * 1024};
}

// The library's own check of a text says "wrong password" for want of memory too, which would lock users out. Its only
// failure here is that.
std::string argon2id(const std::string& password, const std::string& salt, hash_cost cost) {
    std::string sum(hash_sum_bytes, '\0');
    if (crypto_pwhash_argon2id(reinterpret_cast<unsigned char*>(sum.data()), sum.size(), password.data(),
                               password.size(), reinterpret_cast<const unsigned char*>(salt.data()), cost.passes,
                               cost.bytes, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        throw std::bad_alloc();
    return sum;
}

// A hash of no password, as if one had been made at this cost.
encoded_hash decoy_of(hash_cost cost) {
    return {within_limits(cost), random_bytes(hash_salt_bytes), random_bytes(hash_sum_bytes)};
}

// What can be nobody's password costs what any other does.
bool matches(const encoded_hash& hash, std::string_view password) {
    auto normal = password.size() <= password_bytes_max ? normalized_password(password) : std::nullopt;
    const bool is_possible = normal.has_value();
    const wiped text{is_possible ? std::move(*normal) : std::string()};
    const auto sum = argon2id(text.text, hash.salt, hash.cost);
    return sodium_memcmp(sum.data(), hash.sum.data(), hash_sum_bytes) == 0 && is_possible;
}

}  // namespace

base::outcome<std::string> hash_password(std::string_view password, hash_cost cost) {
    start_sodium();
    if (password.size() > password_bytes_max)
        return base::failure{"a password may have at most ", std::to_string(password_bytes_max), " bytes"};
    auto normal = normalized_password(password);
    if (!normal) return base::failure{"a password must be valid UTF-8"};
    const wiped text{std::move(*normal)};
    encoded_hash made{within_limits(cost), random_bytes(hash_salt_bytes), {}};
    made.sum = argon2id(text.text, made.salt, made.cost);
    return to_text(made);
}

bool is_password(std::string_view hash, std::string_view password) {
    start_sodium();
    const auto parsed = parse_hash(hash);
    return matches(parsed ? *parsed : decoy_of({}), password) && parsed.has_value();
}

bool needs_rehash(std::string_view hash, hash_cost cost) {
    start_sodium();
    const auto parsed = parse_hash(hash);
    const auto wanted = within_limits(cost);
    return !parsed || parsed->cost.passes != wanted.passes || parsed->cost.bytes != wanted.bytes;
}

void spend_like_a_check(std::string_view password, hash_cost cost) {
    start_sodium();
    matches(decoy_of(cost), password);
}

}  // namespace carrel::access
