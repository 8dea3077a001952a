#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// A private key and the certificate that it has signed for itself, in PEM.
struct self_signed {
    std::string key;
    std::string certificate;
    std::string sha256;  ///< Of the certificate, in hexadecimal.
};

/// Whether a certificate can name it: an IP address or a name of DNS, whose first label may be `*`.
bool is_certifiable(std::string_view host);

/// A certificate for a server of these hosts, from now on, for a new key on P-256. The hosts must be certifiable. Nothing
/// if OpenSSL fails.
std::optional<self_signed> make_self_signed(const std::vector<std::string>& hosts, std::chrono::hours lifetime);

}  // namespace carrel::cli
