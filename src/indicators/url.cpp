#include "indicators/address.hpp"
#include "indicators/forms.hpp"
#include "indicators/text.hpp"

#include <array>

namespace carrel::indicators {

namespace {

struct scheme_port {
    std::string_view scheme, port;
};
constexpr scheme_port default_ports[] = {{"http", "80"}, {"https", "443"}, {"ftp", "21"}, {"ws", "80"}, {"wss", "443"}};

std::string_view default_port(std::string_view scheme) {
    for (const auto& each : default_ports)
        if (each.scheme == scheme) return each.port;
    return {};
}

bool is_scheme(std::string_view text) {
    if (text.empty() || !is_letter(text.front())) return false;
    for (const char c : text)
        if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
    return true;
}

reason append_host(std::string& out, std::string_view host, bool& is_address) {
    if (host.empty()) return "has no host";
    const bool bracketed = host.front() == '[';
    const auto one = parse_address(bracketed ? host.substr(1, host.size() - 2) : host);
    is_address = one.has_value();
    if (bracketed && !one) return "has no address of IPv6 in its brackets";
    if (!one) return append_domain(out, host, 1);
    if (one->is_v6 && !bracketed) return "has an address of IPv6 without brackets";
    append_address(out, *one);
    return {};
}

reason append_port(std::string& out, std::string_view port, std::string_view usual) {
    if (port.empty()) return {};
    if (!is_digits(port) || port.size() > 5 || port.front() == '0' || (port.size() == 5 && port > "65535"))
        return "has a port that is no number from 1 to 65535";
    if (port == usual) return {};
    (out += ':') += port;
    return {};
}

// The path and what follows, without a fragment.
reason append_rest(std::string& out, std::string_view rest) {
    rest = rest.substr(0, rest.find('#'));
    if (!rest.starts_with('/')) out += '/';
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == ' ' || rest[i] == '<' || rest[i] == '>' || rest[i] == '"')
            return "has a character that no URL has";
        const bool is_escape = rest[i] == '%' && i + 2 < rest.size() && is_hex(rest[i + 1]) && is_hex(rest[i + 2]);
        out += rest[i];
        if (!is_escape) continue;
        out += upper(rest[i + 1]);
        out += upper(rest[i + 2]);
        i += 2;
    }
    return {};
}

}  // namespace

reason append_url(std::string& out, std::string_view text, url_host& host) {
    const auto colon = text.find("://");
    if (colon == text.npos) return "has no scheme such as http://";
    if (!is_scheme(text.substr(0, colon)) || colon > 30) return "has a scheme that is none";
    const std::size_t begin = out.size();
    append_lower(out, text.substr(0, colon));
    const auto scheme = std::string_view(out).substr(begin);
    if (scheme.starts_with("hxx")) return "has a scheme that is none";
    const auto usual_port = default_port(scheme);
    out += "://";
    text.remove_prefix(colon + 3);

    auto authority = text.substr(0, text.find_first_of("/?#"));
    const auto rest = text.substr(authority.size());
    if (const auto at = authority.rfind('@'); at != authority.npos) {
        if (authority.find_first_of(" ()[]{}<>\"") < at) return "has a character before the @ that no URL has";
        out += authority.substr(0, at + 1);
        authority.remove_prefix(at + 1);
    }
    auto port = authority.rfind(':');
    if (authority.starts_with('[')) {
        const auto closing = authority.find(']');
        if (closing == authority.npos) return "has a bracket that is not closed";
        port = closing + 1;
        if (port < authority.size() && authority[port] != ':') return "has something between its host and its port";
    }
    port = std::min(port, authority.size());
    const bool brackets = authority.starts_with('[');
    const auto host_text = authority.substr(0, port);
    // Brackets stay where an address of IPv6 stays.
    const bool is_v6 = brackets && parse_address(host_text.substr(1, host_text.size() - 2)).value_or(address{}).is_v6;
    if (is_v6) out += '[';
    host.begin = out.size();
    if (const auto why = append_host(out, host_text, host.is_address); !why.empty()) return why;
    host.size = out.size() - host.begin;
    if (is_v6) out += ']';
    if (port < authority.size())
        if (const auto why = append_port(out, authority.substr(port + 1), usual_port); !why.empty()) return why;
    return append_rest(out, rest);
}

reason append_email(std::string& out, std::string_view text) {
    if (starts_with(text, "mailto:")) text.remove_prefix(7);
    if (text.size() > 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
    const auto at = text.rfind('@');
    if (at == text.npos) return "has no @";
    const auto local = text.substr(0, at);
    if (local.empty()) return "has nothing before the @";
    if (local.size() > 64) return "has more than 64 bytes before the @";
    for (const char c : local)
        if (std::string_view(" \"(),:;<>@[\\]").find(c) != std::string_view::npos)
            return "has a character before the @ that no plain address has";
    out += local;
    out += '@';
    return append_domain(out, text.substr(at + 1));
}

}  // namespace carrel::indicators
