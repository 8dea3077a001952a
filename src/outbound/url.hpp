#pragma once

#include "base/failure.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::outbound {

/// An http or https URL, taken apart.
struct url {
    bool is_tls = false;
    std::string host;  ///< in lower case, an IPv6 address without its brackets; an international name as it was given
    std::uint16_t port = 0;
    std::string target;  ///< path and query; begins with `/`

    /// `https://host:8443`: what an error may show, since secrets hide in paths too.
    std::string origin() const;
    /// `host:8443`, the port only if it is not the scheme's own.
    std::string authority() const;
    bool is_same_origin(const url& other) const noexcept {
        return is_tls == other.is_tls && host == other.host && port == other.port;
    }
};

/// The failure says what is wrong with the text and shows none of it. A fragment is dropped; a user name or a password is
/// refused, since it would be stored and shown where URLs are.
base::outcome<url> parse_url(std::string_view text);

/// What a `Location` means that came from `from`.
base::outcome<url> resolve_reference(const url& from, std::string_view location);

}  // namespace carrel::outbound
