#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::indicators {

/// What an indicator is.
enum class kind : std::uint8_t { ip, cidr, domain, hash, url, email, filename, registry_key, cve, ja3, user_agent };

inline constexpr kind all_kinds[] = {kind::ip,  kind::cidr,  kind::domain,    kind::hash,
                                     kind::url, kind::email, kind::filename,  kind::registry_key,
                                     kind::cve, kind::ja3,   kind::user_agent};

/// `ip`, `registry_key` …
std::string_view name_of(kind of) noexcept;
std::optional<kind> kind_named(std::string_view name) noexcept;

/// After how many days an indicator expires for which nobody says when.
int expiry_days(kind of) noexcept;

/// The kind by the name that some feed has for it, in any case: `ipv4-addr`, `FileHash-SHA256`, `hostname`, `ip-dst` …
std::optional<kind> kind_of_feed(std::string_view name) noexcept;

}  // namespace carrel::indicators
