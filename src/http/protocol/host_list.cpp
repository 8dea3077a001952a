#include "http/protocol/host_list.hpp"

#include "http/protocol/text.hpp"

#include <algorithm>
#include <utility>

namespace carrel::http {

namespace {

// Where the port's colon is, or npos: a colon inside brackets belongs to the address.
std::size_t port_colon(std::string_view host) noexcept {
    const auto bracket = host.rfind(']');
    const auto colon = host.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
        return std::string_view::npos;
    return colon;
}

bool is_host_byte(char c) noexcept {
    const char low = lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
}

bool is_address_byte(char c) noexcept { return is_host_byte(c) || c == ':'; }

bool contains(const std::vector<std::string>& list, std::string_view host) noexcept {
    return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return equals_ignoring_case(entry, host); });
}

}  // namespace

host_list::host_list(std::uint16_t port, const std::vector<std::string>& allowed_hosts,
                     std::vector<std::string> allowed_origins, std::uint16_t omitted_port)
    : origins_(std::move(allowed_origins)) {
    add_port(port, omitted_port);
    for (const auto& entry : allowed_hosts)
        (port_colon(entry) == std::string::npos ? any_port_ : exact_).push_back(entry);
}

void host_list::add_port(std::uint16_t port, std::uint16_t omitted_port) {
    for (const std::string_view local : {"127.0.0.1", "localhost", "[::1]"}) {
        const auto with_port = std::string(local) + ":" + std::to_string(port);
        if (contains(exact_, with_port)) continue;
        exact_.push_back(with_port);
        if (port == omitted_port) exact_.emplace_back(local);
    }
}

bool host_list::allows(std::string_view host) const noexcept {
    return contains(exact_, host) || (!any_port_.empty() && contains(any_port_, host.substr(0, port_colon(host))));
}

bool host_list::allows_origin(std::string_view origin, std::string_view scheme) const noexcept {
    if (names_origin(origin)) return true;
    constexpr std::string_view mark = "://";
    const auto end = origin.find(mark);
    return end != std::string_view::npos && equals_ignoring_case(origin.substr(0, end), scheme) &&
           allows(origin.substr(end + mark.size()));
}

bool host_list::names_origin(std::string_view origin) const noexcept { return contains(origins_, origin); }

bool is_valid_host(std::string_view host) noexcept {
    const auto colon = port_colon(host);
    const auto name = host.substr(0, colon);
    if (name.empty()) return false;
    if (colon != std::string_view::npos) {
        const auto port = host.substr(colon + 1);
        if (!port.empty() && parse_digits(port).value_or(65536) > 65535) return false;
    }
    if (name.front() == '[')
        return name.size() > 2 && name.back() == ']' && std::all_of(name.begin() + 1, name.end() - 1, is_address_byte);
    return std::all_of(name.begin(), name.end(), is_host_byte);
}

}  // namespace carrel::http
