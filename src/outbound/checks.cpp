#include "outbound/checks.hpp"

#include "outbound/address_guard.hpp"
#include "outbound/redirect.hpp"
#include "outbound/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace carrel::outbound {
namespace {

// Names that mean this machine or its network wherever they are looked up.
bool is_local_name(std::string_view host) {
    constexpr std::array<std::string_view, 4> ends{"localhost", "localdomain", "internal", "local"};
    if (host.ends_with('.')) host.remove_suffix(1);
    const auto dot = host.rfind('.');
    const auto last = dot == host.npos ? host : host.substr(dot + 1);
    return std::find(ends.begin(), ends.end(), last) != ends.end();
}

}  // namespace

std::string fault_in_url(std::string_view text, const policy& rules) {
    const auto to = parse_url(text);
    if (!to) return "must be an http or https URL: " + to.error().text;
    boost::system::error_code ec;
    auto address = boost::asio::ip::make_address(to->host, ec);
    in_addr number{};
    // Numbers of every form that the system takes for an address: `0x7f.1`, `2130706433`.
    const bool is_address = !ec || ::inet_aton(to->host.c_str(), &number) != 0;
    if (ec && is_address) address = boost::asio::ip::address_v4(ntohl(number.s_addr));
    if (!is_address && !is_local_name(to->host)) return {};
    // A local name is checked as an address that is not public, so that the list of allowed hosts holds for it.
    if (!is_address) address = boost::asio::ip::address_v4::loopback();
    if (may_reach(rules, *to, address)) return {};
    return "leads to an address that is not public (" + std::string(not_public(address)) +
           "), which this server does not allow";
}

bool is_sendable(std::string_view name, std::string_view value) {
    return check_request({.url = "http://host/", .fields = {{std::string(name), std::string(value)}}}).has_value();
}

}  // namespace carrel::outbound
