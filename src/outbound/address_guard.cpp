#include "outbound/address_guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace carrel::outbound {
namespace {

namespace ip = boost::asio::ip;

struct v4_range {
    std::uint32_t first;
    unsigned bits;
    std::string_view what;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c) { return a << 24 | b << 16 | c << 8; }

// The special-purpose registry of IANA.
constexpr v4_range v4_ranges[] = {
    {v4(0, 0, 0), 8, "unspecified"},   {v4(10, 0, 0), 8, "private"},        {v4(100, 64, 0), 10, "private"},
    {v4(127, 0, 0), 8, "loopback"},    {v4(169, 254, 0), 16, "link-local"}, {v4(172, 16, 0), 12, "private"},
    {v4(192, 0, 0), 24, "reserved"},   {v4(192, 0, 2), 24, "reserved"},     {v4(192, 88, 99), 24, "reserved"},
    {v4(192, 168, 0), 16, "private"},  {v4(198, 18, 0), 15, "private"},     {v4(198, 51, 100), 24, "reserved"},
    {v4(203, 0, 113), 24, "reserved"}, {v4(224, 0, 0), 4, "multicast"},     {v4(240, 0, 0), 4, "reserved"},
};

std::string_view v4_not_public(std::uint32_t address) {
    if (address == 0xffffffff) return "broadcast";
    for (const auto& range : v4_ranges)
        if (address >> (32 - range.bits) == range.first >> (32 - range.bits)) return range.what;
    return {};
}

struct v6_range {
    std::array<std::uint8_t, 8> first;
    unsigned bits;
    std::string_view what;
};

constexpr v6_range v6_ranges[] = {
    {{0xff}, 8, "multicast"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "private"},
    {{0xfc}, 7, "private"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "private"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "reserved"},
    {{0x20, 0x01, 0x00}, 23, "reserved"},  // Teredo, which carries IPv4, and others of no use here
    {{0x3f, 0xff, 0x00}, 20, "reserved"},
};

bool is_within(const ip::address_v6::bytes_type& address, const v6_range& range) {
    for (unsigned bit = 0; bit < range.bits; ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
        if (((address[bit / 8] ^ range.first[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

bool begins(const ip::address_v6::bytes_type& address, std::initializer_list<std::uint8_t> bytes, std::size_t at = 0) {
    return std::equal(bytes.begin(), bytes.end(), address.begin() + static_cast<std::ptrdiff_t>(at));
}

std::uint32_t v4_at(const ip::address_v6::bytes_type& address, std::size_t at) {
    return std::uint32_t{address[at]} << 24 | std::uint32_t{address[at + 1]} << 16 |
           std::uint32_t{address[at + 2]} << 8 | address[at + 3];
}

std::string_view v6_not_public(const ip::address_v6& address) {
    if (address.is_unspecified()) return "unspecified";
    if (address.is_loopback()) return "loopback";
    const auto bytes = address.to_bytes();
    const bool is_mapped = begins(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
    const bool is_translated = begins(bytes, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
    if (is_mapped || is_translated) return v4_not_public(v4_at(bytes, 12));
    if (begins(bytes, {0x20, 0x02})) return v4_not_public(v4_at(bytes, 2));      // 6to4
    if (begins(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return "reserved";  // IPv4-compatible, deprecated
    for (const auto& range : v6_ranges)
        if (is_within(bytes, range)) return range.what;
    if (begins(bytes, {0x00, 0x00, 0x5e, 0xfe}, 8) || begins(bytes, {0x02, 0x00, 0x5e, 0xfe}, 8))  // ISATAP
        return v4_not_public(v4_at(bytes, 12));
    return (bytes[0] & 0xe0) == 0x20 ? "" : "reserved";  // 2000::/3 is what is given out
}

std::string_view without_last_dot(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

// Where the port of an entry of the list begins, its colon included; its end if it names none.
std::size_t port_at(std::string_view entry) {
    if (entry.starts_with('[')) return std::min(entry.find(']') + 1, entry.size());
    const auto colon = entry.find(':');
    return colon == entry.rfind(':') ? std::min(colon, entry.size()) : entry.size();  // more than one: an IPv6 address
}

// An entry of the list against a host that a URL named, or an address that it led to.
bool is_entry_for(std::string_view entry, std::string_view host, std::uint16_t port) {
    const auto at = port_at(entry);
    auto name = entry.substr(0, at);
    if (at < entry.size() && entry.substr(at) != ":" + std::to_string(port)) return false;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    name = without_last_dot(name);
    return std::equal(name.begin(), name.end(), host.begin(), host.end(), [](char given, char known) {
        return (given >= 'A' && given <= 'Z' ? given - 'A' + 'a' : given) == known;
    });
}

}  // namespace

std::string_view not_public(const ip::address& address) {
    return address.is_v4() ? v4_not_public(address.to_v4().to_uint()) : v6_not_public(address.to_v6());
}

bool may_reach(const policy& rules, const url& to, const ip::address& address) {
    if (rules.allow_private || not_public(address).empty()) return true;
    const auto text = address.to_string();
    return std::any_of(rules.allowed_hosts.begin(), rules.allowed_hosts.end(), [&](const std::string& entry) {
        return is_entry_for(entry, without_last_dot(to.host), to.port) || is_entry_for(entry, text, to.port);
    });
}

}  // namespace carrel::outbound
