#include "access/password_policy.hpp"

#include "access/password_hash.hpp"
#include "base/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <bitset>

namespace carrel::access {
namespace {

// What leads every list of leaked passwords, and what administrators type to be done with it; in lower case, without the
// digits and signs around it.
constexpr std::array<std::string_view, 58> common_words = {
    "abc",        "abcd",     "abcdef",     "access",   "admin",    "administrator", "asdf",     "asdfgh",
    "asdfghjkl",  "autumn",   "baseball",   "carrel",   "changeit", "changeme",      "computer", "default",
    "dragon",     "football", "guest",      "hello",    "iloveyou", "internet",      "letmein",  "login",
    "manager",    "master",   "mima",       "monkey",   "mustang",  "mypassword",    "operator", "pass",
    "passphrase", "passw",    "passwd",     "password", "passwort", "princess",      "qazwsx",   "qwer",
    "qwert",      "qwerty",   "qwertyuiop", "qwertz",   "root",     "secret",        "security", "server",
    "shadow",     "spring",   "summer",     "sunshine", "superman", "test",          "user",     "welcome",
    "winter",     "zxcvbnm"};
static_assert(std::is_sorted(common_words.begin(), common_words.end()));

enum character_class { lower, upper, digit, other, class_count };

character_class class_of(char32_t c) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LL: return lower;
        case UTF8PROC_CATEGORY_LU: return upper;
        case UTF8PROC_CATEGORY_ND: return digit;
        default: return other;
    }
}

struct tally {
    std::size_t code_points = 0;
    std::bitset<class_count> classes;
    bool has_control = false;
};

tally tally_of(std::string_view text) {
    tally found;
    for (json::code_point c; (c = json::first_code_point(text)).size != 0; text.remove_prefix(c.size)) {
        ++found.code_points;
        found.classes.set(class_of(c.value));
        found.has_control |= utf8proc_category(static_cast<utf8proc_int32_t>(c.value)) == UTF8PROC_CATEGORY_CC;
    }
    return found;
}

// Both are compared in it: of letters outside ASCII too.
std::string case_folded(std::string_view text) {
    std::string folded;
    for (json::code_point c; (c = json::first_code_point(text)).size != 0; text.remove_prefix(c.size))
        json::append_utf8(folded, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c.value))));
    return folded;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

// 111111111111, 123456789012 and 987654321098.
bool is_run_of_keys(std::string_view text) {
    const auto follows_by = [&](int step) {
        const auto breaks = [step](char a, char b) { return (a - '0' + step + 10) % 10 != b - '0'; };
        return std::adjacent_find(text.begin(), text.end(), breaks) == text.end();
    };
    return follows_by(1) || follows_by(-1) || text.find_first_not_of(text.front()) == text.npos;
}

bool is_common(std::string_view folded) {
    const auto first = std::find_if(folded.begin(), folded.end(), is_letter);
    if (first == folded.end()) return is_run_of_keys(folded);
    const auto last = std::find_if(folded.rbegin(), folded.rend(), is_letter).base();
    return std::binary_search(common_words.begin(), common_words.end(), std::string_view(first, last));
}

std::string at_least(std::size_t count, std::string_view what) {
    return "must have at least " + std::to_string(count) + " " + std::string(what);
}

std::optional<std::string> fault_of_shape(const password_policy& policy, const tally& found) {
    if (found.has_control) return "must not have control characters";
    if (policy.length_min != 0 && found.code_points < policy.length_min)
        return at_least(policy.length_min, "characters");
    if (policy.length_max != 0 && found.code_points > policy.length_max)
        return "must have at most " + std::to_string(policy.length_max) + " characters";
    if (found.classes.count() < policy.classes_min)
        return at_least(policy.classes_min, "of: lower-case letters, upper-case letters, digits, other characters");
    return std::nullopt;
}

}  // namespace

std::optional<std::string> fault_of(const password_policy& policy, std::string_view username,
                                    std::string_view password) {
    if (password.empty()) return "must not be empty";
    if (password.size() > password_bytes_max)
        return "must have at most " + std::to_string(password_bytes_max) + " bytes";
    const auto text = normalized_password(password);
    if (!text) return "must be valid UTF-8";
    if (auto fault = fault_of_shape(policy, tally_of(*text))) return fault;
    const auto folded = case_folded(*text);
    if (!username.empty() && folded.find(case_folded(username)) != folded.npos)
        return "must not contain the name of the user";
    if (is_common(folded)) return "must not be one of the most used passwords";
    return std::nullopt;
}

}  // namespace carrel::access
