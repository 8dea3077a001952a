#include "indicators/forms.hpp"
#include "indicators/normalize.hpp"
#include "indicators/text.hpp"

#include <algorithm>

namespace carrel::indicators {

namespace {

// Endings of files that are no top-level domains, but for `zip`, which is a file's far more often.
constexpr std::string_view endings[] = {
    "7z",  "bat", "bin", "cab", "cmd", "cpl", "dat", "dll", "dmg", "doc", "docm", "docx", "elf",  "exe",  "hta",
    "img", "iso", "jar", "jpg", "js",  "lnk", "log", "msi", "ocx", "ole", "pdf",  "png",  "ppt",  "pptx", "ps1",
    "rar", "rtf", "scr", "sys", "tar", "tmp", "txt", "vbe", "vbs", "wsf", "xls",  "xlsm", "xlsx", "zip"};

bool has_ending(std::string_view text) {
    const auto dot = text.rfind('.');
    if (dot == text.npos || dot == 0) return false;
    const auto ending = text.substr(dot + 1);
    return std::any_of(std::begin(endings), std::end(endings), [&](auto each) { return is_same(ending, each); });
}

// Product and version, as RFC 9110 has agents name themselves.
bool names_product(std::string_view text) {
    const auto slash = text.find('/');
    return slash != text.npos && slash > 0 && slash + 1 < text.size() && is_letter(text.front()) &&
           is_digit(text[slash + 1]) && text.find(' ') >= slash;
}

bool is_path(std::string_view text) {
    const bool has_drive = text.size() > 3 && is_letter(text[0]) && text[1] == ':' && text[2] == '\\';
    return has_drive || text.starts_with('/') || text.starts_with("\\\\") || text.starts_with('%') ||
           text.starts_with("~/");
}

bool takes(kind of, std::string_view value) { return std::holds_alternative<normalized>(normalize(of, value)); }

}  // namespace

std::optional<kind> guess_kind(std::string_view value) {
    value = trimmed(value);
    if (value.size() > value_max) return std::nullopt;
    const std::string plain = refanged(value, true);
    const auto first_of = [&](std::initializer_list<kind> kinds) -> std::optional<kind> {
        for (const auto each : kinds)
            if (takes(each, value)) return each;
        return std::nullopt;
    };
    if (plain.find("://") != plain.npos) return first_of({kind::url});
    if (const auto found = first_of({kind::ip, kind::cidr, kind::hash, kind::cve, kind::registry_key})) return found;
    if (names_product(value) && takes(kind::user_agent, value)) return kind::user_agent;
    if ((is_path(value) || has_ending(value)) && takes(kind::filename, value)) return kind::filename;
    return first_of({kind::email, kind::domain});
}

}  // namespace carrel::indicators
