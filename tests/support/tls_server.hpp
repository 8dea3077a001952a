#pragma once

#include "http/net/client_certificate.hpp"
#include "http/net/tls_acceptor.hpp"
#include "support/temp_database.hpp"
#include "support/tls_identity.hpp"
#include "support/tls_link.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace carrel::testing {

/// Files of a server that speaks TLS.
class tls_files {
public:
    explicit tls_files(const tls_identity& identity = tls_identity()) { write(identity); }

    void write(const tls_identity& identity) {
        identity.write_certificate(certificate());
        identity.write_key(key());
    }
    std::string certificate() const { return directory_.file("server.crt"); }
    std::string key() const { return directory_.file("server.key"); }
    std::string client_ca() const { return directory_.file("clients.crt"); }
    http::tls_options options() const { return {certificate(), key(), {}, http::tls_version::tls_1_2}; }

private:
    temp_directory directory_;
};

inline std::shared_ptr<http::tls_acceptor> open_acceptor(http::tls_options options) {
    return http::tls_acceptor::open(std::move(options)).value();
}

/// The switch that has each server of a suite speak TLS, and each client.
inline bool all_over_tls() {
    static const bool is_on = std::getenv("CARREL_TEST_TLS") != nullptr;
    return is_on;
}

/// The switch that also has each client show a certificate, which is an administrator's: who asks is known in every test, and no
/// byte of HTTP is another one.
inline bool all_known() {
    static const char* const value = std::getenv("CARREL_TEST_TLS");
    static const bool is_on = value != nullptr && std::string_view(value) == "known";
    return is_on;
}
inline const tls_identity& known_identity() {
    static const tls_identity one{{.common_name = "tester", .is_ca = true}};
    return one;
}
/// For these. Its files are read once and go at once.
inline std::shared_ptr<http::tls_acceptor> shared_acceptor() {
    static const auto acceptor = [] {
        const tls_files files;
        auto options = files.options();
        if (all_known()) {
            known_identity().write_certificate(files.client_ca());
            options.client_ca_file = files.client_ca();
        }
        return open_acceptor(std::move(options));
    }();
    return acceptor;
}

}  // namespace carrel::testing
