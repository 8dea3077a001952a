#include "siem/backups/backup_names.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

constexpr std::string_view prefix = "carrel-", suffix = ".db";
constexpr std::string_view pattern =
    "dddddddd"
    "T"
    "dddddd"
    "Z";
constexpr std::size_t name_max = 100;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_name_character(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

bool fits(std::string_view text) noexcept {
    return text.size() == pattern.size() && std::equal(text.begin(), text.end(), pattern.begin(),
                                                       [](char c, char p) { return p == 'd' ? is_digit(c) : c == p; });
}

// Empty, or `-2` and more.
bool is_number_part(std::string_view text) noexcept {
    if (text.empty()) return true;
    return text.size() >= 2 && text.size() <= 7 && text.front() == '-' && text[1] != '0' && text != "-1" &&
           std::all_of(text.begin() + 1, text.end(), is_digit);
}

// By time, and by number within a second.
bool is_older(const std::string& a, const std::string& b) noexcept {
    const auto stem = prefix.size() + pattern.size();
    if (const int order = a.compare(0, stem, b, 0, stem); order != 0) return order < 0;
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::string backup_name(timestamp taken_at, int number) {
    std::string name(prefix);
    // 2026-11-27T05:12:00.123456Z
    for (const char c : written_time(taken_at).substr(0, 19))
        if (c != '-' && c != ':') name += c;
    name += 'Z';
    if (number > 1) name += '-' + std::to_string(number);
    return name.append(suffix);
}

std::optional<timestamp> time_in_backup_name(std::string_view name) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    const auto at = name.substr(0, pattern.size());
    if (!fits(at) || !is_number_part(name.substr(pattern.size()))) return std::nullopt;
    std::string text;
    for (std::size_t i = 0; i < at.size(); ++i) {
        if (i == 4 || i == 6) text += '-';
        if (i == 11 || i == 13) text += ':';
        text += at[i];
    }
    return parse_time(text);
}

std::string fault_in_backup_name(std::string_view name) {
    if (name.size() <= suffix.size() || name.size() > name_max)
        return "must have at most " + std::to_string(name_max) + " characters and end with .db";
    if (!std::all_of(name.begin(), name.end(), is_name_character)) return "may have A-Z, a-z, 0-9, '.', '_' and '-'";
    if (name.front() == '.' || name.front() == '-' || name.front() == '_') return "must begin with a letter or a digit";
    if (!name.ends_with(suffix)) return "must end with .db";
    if (time_in_backup_name(name)) return "is one that the server gives itself";
    return {};
}

bool is_backup_name(std::string_view name) {
    return time_in_backup_name(name).has_value() || fault_in_backup_name(name).empty();
}

std::vector<std::string> surplus_backups(std::vector<std::string> names, const backup_retention& kept, timestamp now) {
    constexpr timestamp day = timestamp{86'400} * 1'000'000;
    std::erase_if(names, [&](const std::string& each) {
        const auto taken_at = time_in_backup_name(each);
        return !taken_at || *taken_at > now;
    });
    std::sort(names.begin(), names.end(), is_older);
    if (!kept.has_bounds() || names.empty()) return {};
    const auto newest = std::max<std::int64_t>(kept.copies, 1);
    std::vector<std::string> surplus;
    for (std::size_t i = 0; i + static_cast<std::size_t>(newest) < names.size(); ++i)
        if (kept.days == 0 || *time_in_backup_name(names[i]) < now - kept.days * day)
            surplus.push_back(std::move(names[i]));
    return surplus;
}

}  // namespace carrel::siem
