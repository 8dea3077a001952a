#include "outbound/trust.hpp"

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

}  // namespace carrel::outbound
