#include "cli/repeat_filter.hpp"

#include <algorithm>

namespace carrel::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What those beyond the bound count as; `kind_of` makes no such text.
constexpr std::string_view others = "\n";

// The text without the words that hold a number: ids, sizes, times.
std::string kind_of(std::string_view text) {
    std::string kind;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, end);
        kind += std::any_of(word.begin(), word.end(), is_digit) ? "#" : word;
        kind += ' ';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return kind;
}

}  // namespace

bool repeat_filter::passes(int level, std::string_view text, time_point now) {
    auto key = std::pair(level, kind_of(text));
    auto& count = kinds_of_level_[level];
    if (count >= kinds_max && !kinds_.contains(key)) key.second = others;
    auto& known = kinds_[std::move(key)];
    if (known.seen == 0) {
        known.began = now;
        ++count;
    }
    if (++known.seen <= passed_max) return true;
    known.example = text;
    return false;
}

std::vector<repeat_filter::summary> repeat_filter::due(time_point now) {
    std::vector<summary> found;
    for (auto at = kinds_.begin(); at != kinds_.end();) {
        const auto& [key, known] = *at;
        if (now != time_point::max() && now - known.began < window) {
            ++at;
            continue;
        }
        const auto* const what = key.second == others ? " more of other kinds" : " more like it";
        if (known.seen > passed_max)
            found.push_back({key.first, known.example + " (" + std::to_string(known.seen - passed_max) + what +
                                            " within a minute)"});
        --kinds_of_level_[key.first];
        at = kinds_.erase(at);
    }
    return found;
}

}  // namespace carrel::cli
