#pragma once

#include "indicators/kinds.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace carrel::indicators {

/// Bytes of a value.
inline constexpr std::size_t value_max = 4'096;

/// The one way in which a value of its kind is written.
struct normalized {
    std::string text;
};
/// Why a value is none of its kind.
struct refusal {
    std::string reason;
};

/// Blanks around a value are dropped, then by its kind:
///
/// ip            RFC 5952; IPv4 mapped into IPv6 is IPv4; in brackets or not; no zone, no port, no leading zeros
/// cidr          as ip, host bits cleared; mapped networks are IPv4's
/// domain        lower case, no dot at the end; two labels or more; a label beyond ASCII as `xn--`, after NFKC
/// hash          hexadecimal in lower case, of the length of MD5, SHA-1, SHA-256 or SHA-512; `sha256:` before it is dropped
/// url           scheme and host in lower case, the host as ip or domain, which may have one label; no default port, no
///               fragment (no server sees it); an empty path is `/`; hexadecimal digits of escapes in upper case
/// email         the domain as above, the part before it as it stands; `mailto:` and angle brackets are dropped
/// filename      lower case; a path, too, with its separators
/// registry_key  lower case, the hive in long, one backslash between keys and none at the end
/// cve           upper case
/// ja3           hexadecimal in lower case, 32 digits
/// user_agent    as it stands
///
/// Addresses, domains, URLs and e-mail addresses may be written to be harmless: `hxxp://`, `[.]`, `(dot)`, `[@]`, `[:]`.
/// A value has 1–4,096 bytes of UTF-8 without control characters. Pure; thread-safe.
std::variant<normalized, refusal> normalize(kind of, std::string_view value);

/// The kind that a value most likely has, and for which `normalize` takes it. A hexadecimal text of 32 digits is a hash; a
/// name with a file's ending is a file's, though `exe` could be a domain's.
std::optional<kind> guess_kind(std::string_view value);

/// `md5`, `sha1`, `sha256`, `sha512` by the number of digits; empty: none.
std::string_view hash_algorithm(std::size_t digits) noexcept;

}  // namespace carrel::indicators
