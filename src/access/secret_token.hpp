#pragma once

#include "base/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// What a token is for. One kind is never taken for the other.
enum class token_kind : std::uint8_t {
    api,      ///< `carrel_…`, in `Authorization: Bearer`
    session,  ///< `carrelsession_…`, in a cookie
};
/// With the underscore.
std::string_view prefix_of(token_kind kind) noexcept;

/// A token as it is made. `text` is shown once and never stored; `id` (12 lower-case letters and digits) may be shown and
/// logged; `hash` is what is stored beside the id.
struct new_token {
    std::string text, id, hash;
};
/// `PREFIX_` id `_` secret checksum: 60 random bits, 256 random bits as 43 characters of base64url, and the CRC-32 of all
/// that is before it as 6 characters of base64url.
new_token make_token(token_kind kind);

/// The parts of a token's text, in it.
struct token_parts {
    token_kind kind = token_kind::api;
    std::string_view id, secret;
};
/// Nothing for what `make_token` never makes, before anything is looked up: the checksum catches what was cut off or mistyped,
/// it proves nothing. Allocates nothing.
std::optional<token_parts> parse_token(std::string_view text) noexcept;

/// What is kept of a token's secret. It is random, so one SHA-256 is enough: there is nothing to guess.
base::sha256::digest digest_of(std::string_view secret) noexcept;
/// The digest in hexadecimal.
std::string hash_of(std::string_view secret);

/// Whether two texts are equal, in a time that depends on their lengths alone.
bool same(std::string_view a, std::string_view b) noexcept;
bool same(const base::sha256::digest& a, const base::sha256::digest& b) noexcept;

}  // namespace carrel::access
