#include "archive/entry_name.hpp"

#include "base/hex.hpp"
#include "base/utf8.hpp"

namespace carrel::archive {
namespace {

constexpr std::size_t shown_bytes_max = 200;

bool is_control(char32_t value) { return value < 0x20 || (value >= 0x7f && value < 0xa0); }

// Whether a path has the part `..`, which leads out of the directory it begins in.
bool climbs(std::string_view name) {
    for (;;) {
        const auto slash = name.find('/');
        if (name.substr(0, slash) == "..") return true;
        if (slash == name.npos) return false;
        name.remove_prefix(slash + 1);
    }
}

}  // namespace

std::string_view name_fault(std::string_view name) noexcept {
    if (name.empty()) return "has no name";
    if (name.size() > name_bytes_max) return "has a name of more than 1024 bytes";
    for (auto rest = name; !rest.empty();) {
        const auto point = json::first_code_point(rest);
        if (point.size == 0) return "has a name that is not UTF-8";
        if (is_control(point.value)) return "has a control character in its name";
        if (point.value == U'\\') return "has a backslash in its name";
        rest.remove_prefix(point.size);
    }
    if (name.front() == '/') return "has an absolute path";
    if (climbs(name)) return "has '..' in its path";
    return {};
}

std::string_view plain_name(std::string_view name) noexcept {
    while (name.starts_with("./")) {
        name.remove_prefix(2);
        while (name.starts_with('/')) name.remove_prefix(1);
    }
    return name;
}

std::string shown_name(std::string_view name) {
    std::string shown;
    const bool is_cut = name.size() > shown_bytes_max;
    for (auto rest = name.substr(0, shown_bytes_max); !rest.empty();) {
        const auto point = json::first_code_point(rest);
        if (point.size > 0 && !is_control(point.value)) {
            shown.append(rest.substr(0, point.size));
            rest.remove_prefix(point.size);
            continue;
        }
        const auto byte = static_cast<unsigned char>(rest.front());
        shown.append("\\x").append({base::hex_digits[byte >> 4], base::hex_digits[byte & 15]});
        rest.remove_prefix(1);
    }
    return is_cut ? shown + "…" : shown;
}

}  // namespace carrel::archive
