#include "sigma/network.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace carrel::sigma {

namespace {

bool read_address(network& into, const std::string& text) {
    if (text.find('\0') != text.npos) return false;
    into.is_v6 = text.find(':') != text.npos;
    return inet_pton(into.is_v6 ? AF_INET6 : AF_INET, text.c_str(), into.address.data()) == 1;
}

bool has_bits_behind_prefix(const network& of) {
    for (std::size_t bit = of.prefix; bit < (of.is_v6 ? 128u : 32u); ++bit)
        if ((of.address[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
    return false;
}

}  // namespace

std::variant<network, std::string> parse_network(std::string_view text) {
    network made{.text = std::string(text)};
    const std::size_t slash = text.find('/');
    if (!read_address(made, std::string(text.substr(0, slash)))) return "is not a network such as 10.0.0.0/8";
    const unsigned bits = made.is_v6 ? 128 : 32;
    unsigned prefix = bits;
    if (slash != text.npos) {
        const std::string_view digits = text.substr(slash + 1);
        const char* end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, prefix);
        if (read.ec != std::errc() || read.ptr != end || prefix > bits)
            return "has a prefix that is not a number up to " + std::to_string(bits);
    }
    made.prefix = static_cast<std::uint8_t>(prefix);
    if (has_bits_behind_prefix(made)) return "is an address with bits behind its prefix, not a network";
    return made;
}

}  // namespace carrel::sigma
