#pragma once

#include "access/password_hash.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// What the text of a hash says: `$argon2id$v=19$m=19456,t=2,p=1$SALT$SUM`, base64 without padding, as libsodium and the
/// reference implementation of Argon2 write it.
struct encoded_hash {
    hash_cost cost;
    std::string salt, sum;
};

inline constexpr std::size_t hash_salt_bytes = 16, hash_sum_bytes = 32;

std::string to_text(const encoded_hash& hash);

/// Nothing for what `to_text` never makes of a hash with sizes of ours.
std::optional<encoded_hash> parse_hash(std::string_view text);

}  // namespace carrel::access
