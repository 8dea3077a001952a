#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// What one check of a password costs, and whoever tries out a stolen hash pays too. The defaults are the least that OWASP's
/// Password Storage Cheat Sheet names for Argon2id: two passes over 19 MiB, one lane.
struct hash_cost {
    unsigned passes = 2;
    std::size_t bytes = std::size_t{19} << 20;
};
inline constexpr hash_cost cheapest_hash{1, 8 << 10};

/// Longer ones are refused when they are set, and match nothing: the work before the hash stays bounded.
inline constexpr std::size_t password_bytes_max = 4096;

/// The text to keep of a password: Argon2id with its salt and its cost, `$argon2id$v=19$m=…`. It takes as much time and memory
/// as `cost` says: call it on a `hashing_pool`.
///
/// A password is what its user typed and not how a keyboard wrote it down: as RFC 8265 (OpaqueString) has it, it is brought to
/// Unicode's form C and each kind of space becomes U+0020. Form KC, which folds wide letters, ligatures and raised digits too,
/// would make different passwords one. Nothing is cut off: NUL bytes and what follows count.
///
/// A failure if it is not UTF-8 or longer than `password_bytes_max`. Throws std::bad_alloc where there is no memory for it.
base::outcome<std::string> hash_password(std::string_view password, hash_cost cost = {});

/// Whether `hash` was made of `password`, in the time that the cost in `hash` takes, whatever the answer. A text that is no
/// hash matches nothing, and takes the time of `spend_like_a_check`. Throws std::bad_alloc where there is no memory for the
/// check: that says nothing of the password.
bool is_password(std::string_view hash, std::string_view password);

/// Whether `hash` was made at another cost than `cost`, or is none: a new one should be stored at the next login.
bool needs_rehash(std::string_view hash, hash_cost cost = {});

/// The work of `is_password` for a user that does not exist, so that the time does not tell who does. `cost` is what the
/// hashes of users have. Throws as `is_password` does, so that nothing else tells it either.
void spend_like_a_check(std::string_view password, hash_cost cost = {});

/// The password in the form that is hashed, for comparisons of other kinds; nothing if it is not UTF-8.
std::optional<std::string> normalized_password(std::string_view password);

}  // namespace carrel::access
