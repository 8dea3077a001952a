#include "indicators/normalize.hpp"

#include "base/utf8.hpp"
#include "indicators/address.hpp"
#include "indicators/forms.hpp"
#include "indicators/text.hpp"
#include "query/fold.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

struct hash_row {
    std::size_t digits;
    std::string_view name;
};
constexpr hash_row hashes[] = {{32, "md5"}, {40, "sha1"}, {64, "sha256"}, {128, "sha512"}};

struct hive {
    std::string_view prefix, name;
};
// In lower case; the long ones stand for themselves.
constexpr hive hives[] = {
    {"hklm", "hkey_local_machine"},
    {"hkcu", "hkey_current_user"},
    {"hkcr", "hkey_classes_root"},
    {"hku", "hkey_users"},
    {"hkcc", "hkey_current_config"},
    {"hkey_local_machine", "hkey_local_machine"},
    {"hkey_current_user", "hkey_current_user"},
    {"hkey_classes_root", "hkey_classes_root"},
    {"hkey_users", "hkey_users"},
    {"hkey_current_config", "hkey_current_config"},
    {"\\registry\\machine", "hkey_local_machine"},
    {"\\registry\\user", "hkey_users"},
};

std::string_view without_brackets(std::string_view text) {
    return text.size() > 2 && text.front() == '[' && text.back() == ']' ? text.substr(1, text.size() - 2) : text;
}

// Why a text is no address, as exactly as possible.
reason why_no_address(std::string_view text) {
    if (text.find('/') != text.npos) return "is a network: its kind is cidr";
    if (text.find('%') != text.npos) return "has a zone, which means something on one machine alone";
    const bool has_colon = text.find(':') != text.npos;
    if (has_colon && parse_address(text.substr(0, text.find(':')))) return "has a port";
    bool is_numeric = !text.empty(), has_zero = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        is_numeric &= is_digit(text[i]) || text[i] == '.';
        has_zero |= text[i] == '0' && i + 1 < text.size() && is_digit(text[i + 1]) && (i == 0 || text[i - 1] == '.');
    }
    if (is_numeric && has_zero) return "has leading zeros, which some programs read as octal";
    return has_colon ? "is no address of IPv6" : "is no address: four numbers from 0 to 255, or IPv6";
}

reason append_agent(std::string& out, std::string_view text) {
    out += text;
    return {};
}

reason append_any(kind of, std::string& out, std::string_view text) {
    url_host host;
    switch (of) {
        case kind::ip: return append_ip(out, text);
        case kind::cidr: return append_cidr(out, text);
        case kind::domain: return append_domain(out, text);
        case kind::hash: return append_hash(out, text);
        case kind::url: return append_url(out, text, host);
        case kind::email: return append_email(out, text);
        case kind::filename: return append_filename(out, text);
        case kind::registry_key: return append_registry_key(out, text);
        case kind::cve: return append_cve(out, text);
        case kind::ja3: return append_ja3(out, text);
        case kind::user_agent: return append_agent(out, text);
    }
    return "has no kind";
}

bool may_be_defanged(kind of) {
    return of == kind::ip || of == kind::cidr || of == kind::domain || of == kind::url || of == kind::email;
}

reason why_no_value(std::string_view text) {
    if (text.empty()) return "is empty";
    if (text.size() > value_max) return "has more than 4096 bytes";
    for (std::string_view rest = text; !rest.empty();) {
        const auto one = json::first_code_point(rest);
        if (one.size == 0) return "is not UTF-8";
        if (one.value < 0x20 || (one.value >= 0x7F && one.value < 0xA0)) return "has a control character";
        rest.remove_prefix(one.size);
    }
    return {};
}

}  // namespace

std::string_view hash_algorithm(std::size_t digits) noexcept {
    for (const auto& each : hashes)
        if (each.digits == digits) return each.name;
    return {};
}

reason append_ip(std::string& out, std::string_view text) {
    text = without_brackets(text);
    const auto one = parse_address(text);
    if (!one) return why_no_address(text);
    append_address(out, *one);
    return {};
}

reason append_cidr(std::string& out, std::string_view text) {
    const auto slash = text.find('/');
    if (slash == text.npos) return "has no / with a number of bits";
    const auto of = parse_network(text);
    if (!of && !parse_address(text.substr(0, slash))) return why_no_address(text.substr(0, slash));
    if (!of) return "has a number of bits that is none of its address";
    append_network(out, *of);
    return {};
}

reason append_hash(std::string& out, std::string_view text) {
    if (const auto colon = text.find(':'); colon != text.npos) {
        const auto digits = text.substr(colon + 1);
        if (!is_same(text.substr(0, colon), hash_algorithm(digits.size())) || digits.size() < 32)
            return "has a prefix that is not the algorithm of so many digits";
        text = digits;
    }
    if (!is_hex_text(text)) return "has a character that is no hexadecimal digit";
    if (hash_algorithm(text.size()).empty())
        return "has not 32, 40, 64 or 128 digits, as MD5, SHA-1, SHA-256 and SHA-512 have";
    append_lower(out, text);
    return {};
}

reason append_ja3(std::string& out, std::string_view text) {
    if (text.size() != 32 || !is_hex_text(text)) return "has not 32 hexadecimal digits";
    append_lower(out, text);
    return {};
}

reason append_filename(std::string& out, std::string_view text) {
    if (text.back() == '/' || text.back() == '\\') return "is a folder";
    if (query::is_ascii(text)) append_lower(out, text);
    else out += query::lower_case(text);
    return {};
}

reason append_registry_key(std::string& out, std::string_view text) {
    const auto of = std::find_if(std::begin(hives), std::end(hives), [&](const hive& each) {
        return starts_with(text, each.prefix) && text.substr(each.prefix.size()).starts_with('\\');
    });
    if (of == std::end(hives)) return "does not begin with a hive and a key, such as HKLM\\Software";
    const auto rest = text.substr(of->prefix.size());
    out += of->name;
    const std::size_t begin = out.size();
    const std::string lowered = query::is_ascii(rest) ? std::string() : query::lower_case(rest);
    for (const char c : lowered.empty() ? rest : std::string_view(lowered))
        if (c != '\\' || out.back() != '\\') out += lower(c);
    if (out.back() == '\\') out.pop_back();
    return out.size() > begin ? reason{} : "names no key of its hive";
}

reason append_cve(std::string& out, std::string_view text) {
    constexpr reason grammar = "is not CVE-, four digits of a year, and a number of four digits or more";
    if (!starts_with(text, "cve-") || text.size() < 13 || text.size() > 28 || text[8] != '-') return grammar;
    if (!is_digits(text.substr(4, 4)) || !is_digits(text.substr(9))) return grammar;
    if (text.substr(4, 4) < "1999") return "has a year before 1999, when the list began";
    for (const char c : text) out += upper(c);
    return {};
}

std::variant<normalized, refusal> normalize(kind of, std::string_view value) {
    value = trimmed(value);
    if (const auto why = why_no_value(value); !why.empty()) return refusal{std::string(why)};
    normalized made;
    const auto plain = may_be_defanged(of) ? refanged(value, of == kind::url) : std::string(value);
    const auto why = append_any(of, made.text, trimmed(plain));
    if (!why.empty()) return refusal{std::string(why)};
    if (made.text.size() > value_max) return refusal{"has more than 4096 bytes when it is normalized"};
    return made;
}

}  // namespace carrel::indicators
