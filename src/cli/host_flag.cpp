#include "cli/host_flag.hpp"

#include "http/protocol/host_list.hpp"

#include <boost/asio/ip/address.hpp>

namespace carrel::cli {

std::string take_host(std::string& host) {
    boost::system::error_code ec;
    boost::asio::ip::make_address_v6(host, ec);
    if (!ec) host = "[" + host + "]";
    // The grammar of hosts has asterisks, but who writes one means a pattern, which this is not.
    if (http::is_valid_host(host) && host.find('*') == host.npos) return {};
    return "'" + host + "' is no host, such as siem.example or siem.example:8443";
}

}  // namespace carrel::cli
