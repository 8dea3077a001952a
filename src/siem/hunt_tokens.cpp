#include "siem/hunt_tokens.hpp"

#include "query/fold.hpp"
#include "query/tokens.hpp"

namespace carrel::siem {

namespace {

using indicators::kind;
using query::requirement;

requirement word(std::string_view folded) {
    return {.is = requirement::kind::token, .token = query::word_token(folded), .parts = {}};
}

requirement all_words(std::string_view text) {
    requirement made{.is = requirement::kind::all_of, .token = 0, .parts = {}};
    std::string folded;
    query::append_folded(folded, text);
    for (std::size_t at = 0; at < folded.size();) {
        const std::size_t end = std::min(folded.find(' ', at), folded.size());
        if (end != at) made.parts.push_back(word(std::string_view(folded).substr(at, end - at)));
        at = end + 1;
    }
    return made;
}

// Of an address of IPv4: its numbers, or what stands before them when it is mapped into IPv6. Of IPv6 nothing is certain.
requirement address_words(std::string_view text) {
    if (text.find(':') != text.npos) return {};
    return {.is = requirement::kind::one_of, .token = 0, .parts = {all_words(text), word("ffff")}};
}

// Of a network the whole numbers that all its addresses begin with.
requirement network_words(std::string_view text) {
    const auto network = indicators::parse_network(text);
    if (!network || network->first.is_v6 || network->bits < 8) return {};
    std::size_t end = 0;
    for (int i = 0; i < network->bits / 8; ++i) end = text.find_first_of("./", end) + 1;
    return address_words(text.substr(0, end - 1));
}

// A port may have been written with zeros before it, and the host as an address that is mapped.
requirement url_words(std::string_view text) {
    const auto host = text.find("://") + 3;
    const auto end = std::min(text.find('/', host), text.size());
    const auto port = std::min(text.rfind(':', end), end);
    std::string without(text.substr(0, port < host ? end : port));
    without += text.substr(end);
    return {.is = requirement::kind::one_of, .token = 0, .parts = {all_words(without), word("ffff")}};
}

bool is_written_as_it_is(std::string_view text) {
    // A label beyond ASCII is written otherwise, and so is IPv6.
    return text.find("xn--") == text.npos && text.find('[') == text.npos;
}

}  // namespace

requirement words_of(kind of, std::string_view normalized) {
    switch (of) {
        case kind::ip: return address_words(normalized);
        case kind::cidr: return network_words(normalized);
        case kind::registry_key: {
            // The hive has a short name, too.
            const auto hive = normalized.find('\\');
            return hive == normalized.npos ? requirement() : all_words(normalized.substr(hive));
        }
        case kind::url: return is_written_as_it_is(normalized) ? url_words(normalized) : requirement();
        case kind::domain:
        case kind::email: return is_written_as_it_is(normalized) ? all_words(normalized) : requirement();
        default: return all_words(normalized);
    }
}

}  // namespace carrel::siem
