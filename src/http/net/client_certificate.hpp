#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace carrel::http {

/// What a client's certificate says that was verified by the handshake. Texts are UTF-8 without control characters.
struct client_certificate {
    std::string common_name;          ///< The last CN of its subject; empty if there is none.
    std::vector<std::string> emails;  ///< Of the alternative names of its subject, as they stand there.
    std::vector<std::string> uris;
    std::string sha256;  ///< Of the whole certificate, in lower-case hexadecimal.
};

/// Of the whole certificate, in lower-case hexadecimal; empty if there is no memory for it.
std::string sha256_of(const X509& certificate);

/// Null if the certificate's time is over: a session may be resumed later than that.
std::shared_ptr<const client_certificate> read_client_certificate(X509& certificate);

}  // namespace carrel::http
