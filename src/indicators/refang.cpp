#include "indicators/forms.hpp"
#include "indicators/text.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

struct replacement {
    std::string_view written, meant;
};
// No bracket among these may stand before the @ of a plain address.
constexpr replacement replacements[] = {
    {"[.]", "."}, {"(.)", "."}, {"[dot]", "."}, {"(dot)", "."}, {"[://]", "://"}, {"[:]", ":"},
    {"(:)", ":"}, {"[@]", "@"}, {"(@)", "@"},   {"[at]", "@"},  {"(at)", "@"},
};

// Where the path of a URL begins.
std::size_t head_size(std::string_view text) {
    const auto slashes = text.find("//");
    if (slashes == text.npos) return text.size();
    return std::min(text.find_first_of("/?#", slashes + 2), text.size());
}

void append_plain(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto found = std::find_if(std::begin(replacements), std::end(replacements),
                                        [&](const auto& each) { return starts_with(text.substr(i), each.written); });
        if (found != std::end(replacements)) {
            out += found->meant;
            i += found->written.size();
        } else {
            out += text[i++];
        }
    }
}

}  // namespace

std::string refanged(std::string_view text, bool is_url) {
    std::string made;
    const auto head = is_url ? head_size(text) : text.size();
    append_plain(made, text.substr(0, head));
    made += text.substr(head);
    if (is_url && starts_with(made, "hxxp")) made.replace(0, 4, "http");
    if (is_url && starts_with(made, "fxp:")) made.replace(0, 3, "ftp");
    return made;
}

}  // namespace carrel::indicators
