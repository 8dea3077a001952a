#include "outbound/url.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>

namespace carrel::outbound {
namespace {

using base::failure;

constexpr std::size_t url_bytes_max = 8192;
constexpr std::size_t host_bytes_max = 253;
constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

// What readers of URLs disagree about is refused: they must all see the same host.
bool is_odd_in_host(char c) { return std::string_view("\"%<>[\\]^`{|}@/?#").find(c) != std::string_view::npos; }

base::outcome<std::string> read_ipv6(std::string_view inside) {
    if (inside.find('%') != inside.npos) return failure{"the URL's address has a zone, which is not taken"};
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address_v6(std::string(inside), ec);
    if (ec) return failure{"the URL has brackets around what is no IPv6 address"};
    return address.to_string();
}

base::outcome<std::uint16_t> read_port(std::string_view digits, std::uint16_t usual) {
    if (digits.empty()) return usual;
    std::uint16_t port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (ec != std::errc() || end != digits.data() + digits.size() || port == 0)
        return failure{"the URL's port is not a number from 1 to 65535"};
    return port;
}

base::outcome<void> read_authority(std::string_view text, url& out) {
    if (text.find('@') != text.npos)
        return failure{"the URL has a user name or a password in it; they belong into a header"};
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return failure{"the URL has a bracket that is not closed"};
        auto host = read_ipv6(text.substr(1, end - 1));
        if (!host) return host.error();
        out.host = std::move(*host);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':') return failure{"the URL has other characters behind its host"};
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        out.host = lower(text.substr(0, colon));
        port = text.substr(colon);
    }
    if (out.host.empty() || out.host == ".") return failure{"the URL has no host"};
    if (out.host.size() > host_bytes_max) return failure{"the URL's host has more than 253 bytes"};
    if (std::any_of(out.host.begin(), out.host.end(), is_odd_in_host))
        return failure{"the URL's host has a character that no host has"};
    if (!port.empty()) port.remove_prefix(1);
    const auto number = read_port(port, out.is_tls ? https_port : http_port);
    if (!number) return number.error();
    out.port = *number;
    return {};
}

// RFC 3986, 5.2.4: a path without `.` and `..`.
std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const auto end = std::min(path.find('/', 1), path.size());
        const auto segment = path.substr(0, end);
        const bool is_last = end == path.size();
        if (segment == "/..") {
            out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
            if (is_last) out += '/';
        } else if (segment == "/.") {
            if (is_last) out += '/';
        } else {
            out.append(segment);
        }
        path.remove_prefix(end);
    }
    return out;
}

}  // namespace

std::string url::authority() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    std::string text = is_ipv6 ? "[" + host + "]" : host;
    if (port != (is_tls ? https_port : http_port)) text += ":" + std::to_string(port);
    return text;
}

std::string url::origin() const { return (is_tls ? "https://" : "http://") + authority(); }

base::outcome<url> parse_url(std::string_view text) {
    if (text.size() > url_bytes_max) return failure{"the URL has more than 8192 bytes"};
    if (std::any_of(text.begin(), text.end(), is_blank_or_control))
        return failure{"the URL has a blank or a control character in it"};
    if (text.find('\\') != text.npos) return failure{"the URL has a backslash in it"};
    url out;
    const auto scheme_end = std::min(text.find("://"), text.size());
    const auto scheme = lower(text.substr(0, scheme_end));
    if (scheme_end == text.size() || (scheme != "http" && scheme != "https"))
        return failure{"the URL does not begin with http:// or https://"};
    out.is_tls = scheme == "https";
    text.remove_prefix(scheme_end + 3);
    text = text.substr(0, text.find('#'));
    const auto authority_end = std::min(text.find_first_of("/?"), text.size());
    if (auto read = read_authority(text.substr(0, authority_end), out); !read) return read.error();
    text.remove_prefix(authority_end);
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return failure{"the URL's path or query has characters that are not ASCII; they must be percent-encoded"};
    out.target = text.starts_with('/') ? std::string(text) : "/" + std::string(text);
    return out;
}

base::outcome<url> resolve_reference(const url& from, std::string_view location) {
    location = location.substr(0, location.find('#'));
    const auto colon = location.find(':');
    if (colon != location.npos && colon < location.find_first_of("/?")) return parse_url(location);
    if (location.starts_with("//")) return parse_url((from.is_tls ? "https:" : "http:") + std::string(location));
    if (location.empty()) return from;
    const auto path = from.target.substr(0, from.target.find('?'));
    const auto query_at = std::min(location.find('?'), location.size());
    std::string target;
    if (query_at == 0) target = path;
    else if (location.front() == '/') target = without_dots(location.substr(0, query_at));
    else target = without_dots(path.substr(0, path.rfind('/') + 1) + std::string(location.substr(0, query_at)));
    return parse_url(from.origin() + target + std::string(location.substr(query_at)));
}

}  // namespace carrel::outbound
