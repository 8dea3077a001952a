#include "outbound/trust.hpp"

#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

namespace carrel::outbound {

base::outcome<void> set_up_trust(boost::asio::ssl::context& into, const policy& rules) {
    boost::system::error_code ec;
    SSL_CTX_set_min_proto_version(into.native_handle(), TLS1_2_VERSION);
    into.set_default_verify_paths(ec);
    if (ec) return base::failure{"the system's certificates cannot be read: ", ec.message()};
    if (!rules.ca_file.empty()) into.load_verify_file(rules.ca_file, ec);
    if (ec) return base::failure{"the file of certificates cannot be read: ", ec.message()};
    return {};
}

bool expect_peer(SSL* tls, std::string host) {
    if (host.ends_with('.')) host.pop_back();
    SSL_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    boost::system::error_code ec;
    boost::asio::ip::make_address(host, ec);
    if (!ec) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
    return SSL_set1_host(tls, host.c_str()) == 1 && SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

const char* refusal_of(SSL* tls, const boost::system::error_code& ec) noexcept {
    const auto verdict = SSL_get_verify_result(tls);
    if (verdict == X509_V_OK || ec.category() != boost::asio::error::get_ssl_category()) return nullptr;
    return X509_verify_cert_error_string(verdict);
}

}  // namespace carrel::outbound
