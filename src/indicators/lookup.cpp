#include "indicators/lookup.hpp"

#include "indicators/forms.hpp"
#include "indicators/normalize.hpp"
#include "indicators/text.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

constexpr std::size_t value_min = 2, filename_max = 255;

// What characters a value has.
enum trait : unsigned char {
    hex = 1,
    word = 2,  // letters and digits that are not hexadecimal, - and _
    dot = 4,
    colon = 8,
    slash = 16,
    at_sign = 32,
    blank = 64,
    control = 128,
};

constexpr std::array<unsigned char, 256> traits_of_characters() {
    std::array<unsigned char, 256> all{};
    for (std::size_t i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        if (i < 0x20 || i == 0x7F) all[i] = control;
        else if (is_hex(c)) all[i] = hex;
        else if (c == '.') all[i] = dot;
        else if (c == ':') all[i] = colon;
        else if (c == '/' || c == '\\') all[i] = slash;
        else if (c == '@') all[i] = at_sign;
        else if (c == ' ') all[i] = blank;
        else all[i] = word;
    }
    return all;
}
constexpr auto traits = traits_of_characters();

unsigned traits_of(std::string_view value) noexcept {
    const auto of = [&](std::size_t i) { return traits[static_cast<unsigned char>(value[i])]; };
    unsigned found[4] = {};  // four chains that do not wait for each other
    std::size_t i = 0;
    for (; i + 4 <= value.size(); i += 4)
        for (std::size_t lane = 0; lane < 4; ++lane) found[lane] |= of(i + lane);
    for (; i < value.size(); ++i) found[0] |= of(i);
    return found[0] | found[1] | found[2] | found[3];
}

bool names_product(std::string_view value) noexcept {
    const auto mark = value.find_first_of("/ ");
    return mark != value.npos && mark > 0 && value[mark] == '/' && mark + 1 < value.size() &&
           is_letter(value.front()) && is_digit(value[mark + 1]);
}

// As Windows writes digests: SHA1=…,MD5=…
bool is_hash_list(std::string_view value) noexcept {
    return starts_with(value, "md5=") || starts_with(value, "sha1=") || starts_with(value, "sha256=") ||
           starts_with(value, "imphash=");
}

bool is_drive_path(std::string_view value) noexcept {
    return value.size() > 3 && is_letter(value[0]) && value[1] == ':' && value[2] == '\\';
}

// Where the last part of a path begins.
std::size_t last_part(std::string_view path) noexcept {
    std::size_t begin = path.size();
    while (begin > 0 && path[begin - 1] != '/' && path[begin - 1] != '\\') --begin;
    return begin;
}

// A dot and up to five characters, none of them a blank.
bool has_ending(std::string_view value) noexcept {
    for (std::size_t size = 1; size <= 6 && size < value.size(); ++size) {
        const char c = value[value.size() - size];
        if (c == '.') return size > 1;
        if (c == ' ') return false;
    }
    return false;
}

reason append_as_is(std::string& out, std::string_view text) {
    out += text;
    return {};
}
reason append_full_domain(std::string& out, std::string_view text) { return append_domain(out, text); }

}  // namespace

lookup::lookup() { scratch_.reserve(4 * value_max); }

void lookup::end_key(kind of, std::size_t begin) {
    if (count_ == keys_max) return;
    places_[count_++] = {of, begin, scratch_.size() - begin};
}

template <class Append>
bool lookup::add(kind of, std::string_view value, Append append) {
    const std::size_t begin = begin_key();
    if (!append(scratch_, value).empty()) {
        scratch_.resize(begin);
        return false;
    }
    end_key(of, begin);
    return true;
}

bool lookup::add_address(std::string_view value) {
    auto host = value;
    if (host.front() == '[') {
        const auto closing = host.find(']');
        host = closing == host.npos ? std::string_view{} : host.substr(1, closing - 1);
    } else if (std::count(host.begin(), host.end(), ':') == 1) {
        const auto port = host.find(':');
        if (!is_digits(host.substr(port + 1))) return false;
        host = host.substr(0, port);
    }
    address_ = parse_address(host);
    if (!address_) return false;
    const std::size_t begin = begin_key();
    append_address(scratch_, *address_);
    end_key(kind::ip, begin);
    return true;
}

void lookup::add_hash(std::string_view value) {
    if (hash_algorithm(value.size()).empty()) return;
    const std::size_t begin = begin_key();
    append_lower(scratch_, value);
    end_key(kind::hash, begin);
    if (value.size() == 32) end_key(kind::ja3, begin);
}

void lookup::add_hash_list(std::string_view value) {
    while (!value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        const auto one = value.substr(0, comma);
        const auto digits = one.substr(std::min(one.find('=') + 1, one.size()));
        // A hash of imports is no file's: an indicator of that kind is no `hash`.
        if (!starts_with(one, "imphash=") && !hash_algorithm(digits.size()).empty())
            add(kind::hash, digits, append_hash);
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
}

void lookup::add_url(std::string_view value) {
    url_host host;
    const std::size_t begin = begin_key();
    if (!append_url(scratch_, value, host).empty()) return scratch_.resize(begin);
    end_key(kind::url, begin);
    const auto text = std::string_view(scratch_).substr(host.begin, host.size);
    if (host.is_address) address_ = parse_address(text);
    // A name of one label is a host of this network, and no indicator.
    else if (text.find('.') == text.npos) return;
    if (count_ < keys_max) places_[count_++] = {host.is_address ? kind::ip : kind::domain, host.begin, host.size};
}

bool lookup::add_email(std::string_view value) {
    const std::size_t begin = begin_key();
    if (!append_email(scratch_, value).empty()) {
        scratch_.resize(begin);
        return false;
    }
    end_key(kind::email, begin);
    const std::size_t domain = scratch_.rfind('@') + 1;
    if (count_ < keys_max) places_[count_++] = {kind::domain, domain, scratch_.size() - domain};
    return true;
}

void lookup::add_path(std::string_view value, unsigned has) {
    const std::size_t last = (has & slash) == 0 ? 0 : last_part(value);
    if (last == value.size() || value.size() - last > filename_max) return;
    // A sentence has blanks, too, and a full stop: what is no path must have an ending.
    if (last == 0 && !has_ending(value)) return;
    const std::size_t begin = begin_key();
    if (!append_filename(scratch_, value).empty()) return scratch_.resize(begin);
    const std::size_t size = scratch_.size() - begin;
    if (last != 0) {
        const auto lowered = std::string_view(scratch_).substr(begin);
        const auto name = trimmed(lowered.substr(last_part(lowered)));
        if (name.empty()) return scratch_.resize(begin);
        places_[count_++] = {kind::filename, static_cast<std::size_t>(name.data() - scratch_.data()), name.size()};
    }
    places_[count_++] = {kind::filename, begin, size};
}

// A value with a dot, a colon, a separator or an @, and without blanks.
void lookup::add_marked(std::string_view value, unsigned has) {
    if ((has & colon) != 0 && value.find("://") != value.npos) return add_url(value);
    if ((has & (dot | colon)) != 0 && (has & slash) == 0 && add_address(value)) return;
    if ((has & at_sign) != 0 && add_email(value)) return;
    if (starts_with(value, "hk") || value.front() == '\\')
        if (add(kind::registry_key, value, append_registry_key)) return;
    if ((has & slash) != 0 && names_product(value)) {
        add(kind::user_agent, value, append_as_is);
        return;
    }
    if ((has & (dot | slash | colon)) == dot) add(kind::domain, value, append_full_domain);
    if ((has & (dot | slash)) != 0) add_path(value, has);
}

std::span<const lookup_key> lookup::forms(std::string_view value) {
    count_ = 0;
    scratch_.clear();
    address_.reset();
    value = trimmed(value);
    if (value.size() < value_min || value.size() > value_max) return {};
    const unsigned has = traits_of(value);
    if ((has & control) != 0) return {};
    if ((has & (dot | colon | slash | at_sign)) == 0) {
        // Most values of events end here: words and numbers.
        if (has == hex) add_hash(value);
        else if ((has & blank) == 0 && starts_with(value, "cve-")) add(kind::cve, value, append_cve);
        else if ((has & blank) == 0 && is_hash_list(value)) add_hash_list(value);
    } else if ((has & blank) == 0) {
        add_marked(value, has);
    } else if (starts_with(value, "hk")) {
        add(kind::registry_key, value, append_registry_key);
    } else if (names_product(value)) {
        add(kind::user_agent, value, append_as_is);
    } else if (((has & (slash | dot)) != 0 && (has & colon) == 0) || is_drive_path(value)) {
        add_path(value, has);
    }
    for (std::size_t i = 0; i < count_; ++i)
        keys_[i] = {places_[i].of, std::string_view(scratch_).substr(places_[i].begin, places_[i].size)};
    return {keys_.data(), count_};
}

}  // namespace carrel::indicators
