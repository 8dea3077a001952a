#include "cli/setup_link.hpp"

#include <boost/asio/ip/address.hpp>

namespace carrel::cli {

std::string reachable_url(const http::server_options& front, const std::string& listening) {
    const auto address = boost::asio::ip::make_address(front.address);
    if (address.is_loopback()) return listening;
    const std::string scheme = listening.substr(0, listening.find("://") + 3);
    const std::string port = listening.substr(listening.rfind(':'));
    if (!front.allow_hosts.empty()) {
        const std::string& host = front.allow_hosts.front();
        const bool has_port = host.find(':', host.rfind(']') == host.npos ? 0 : host.rfind(']')) != host.npos;
        return scheme + host + (has_port ? "" : port);
    }
    return address.is_unspecified() ? scheme + "localhost" + port : listening;
}

std::string setup_lines(const std::string& url, const std::string& token) {
    return "set up at " + url + "/#setup=" + token + "\nor without a page: echo '{\"token\":\"" + token +
           R"(","username":"NAME","password":"PASSWORD"}' | curl -H 'Content-Type: application/json' -d @- )" + url +
           "/api/v1/auth/setup\n";
}

}  // namespace carrel::cli
