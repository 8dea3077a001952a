#pragma once

#include <string>

namespace carrel::http {

enum class tls_version { tls_1_2, tls_1_3 };

/// What a listener needs to speak TLS. All files are PEM.
struct tls_options {
    std::string certificate_file;  ///< The server's, followed by those between it and the root.
    std::string key_file;          ///< Its private key, not encrypted.
    std::string client_ca_file;    ///< Who may have issued a client's certificate; empty: none is requested.
    tls_version version_min = tls_version::tls_1_2;
};

}  // namespace carrel::http
