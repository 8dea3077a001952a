#include "sigma/windash.hpp"

#include "base/utf8.hpp"
#include "sigma/limits.hpp"

#include <utf8proc.h>
#include <array>

namespace carrel::sigma {

namespace {

constexpr std::array<std::string_view, 5> dashes{"-", "/", "\u2013", "\u2014", "\u2015"};

bool is_of_word(char32_t c) noexcept {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return c == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/// A literal between the signs that vary.
std::vector<std::string> cut_at_dashes(std::string_view literal) {
    std::vector<std::string> pieces(1);
    bool behind_word = false;
    while (!literal.empty()) {
        const json::code_point next = json::first_code_point(literal);
        if (next.size == 0) {  // made by an encoding before: no text
            pieces.back().append(literal);
            return pieces;
        }
        const std::string_view rest = literal.substr(next.size);
        const bool sign = next.value == '-' || next.value == '/';
        if (sign && !behind_word && !rest.empty() && is_of_word(json::first_code_point(rest).value)) {
            pieces.emplace_back();
        } else {
            pieces.back().append(literal.substr(0, next.size));
        }
        behind_word = is_of_word(next.value);
        literal = rest;
    }
    return pieces;
}

}  // namespace

std::optional<std::vector<text_pattern>> expand_dashes(const text_pattern& text) {
    std::vector<text_pattern> made{text_pattern{.sequence = {}, .cased = text.cased}};
    const auto append_each = [&](const text_pattern::part& part) {
        for (text_pattern& each : made) each.append(part);
    };
    for (const text_pattern::part& part : text.sequence) {
        if (part.kind != text_pattern::parts::literal) {
            append_each(part);
            continue;
        }
        const std::vector<std::string> pieces = cut_at_dashes(part.literal);
        append_each({text_pattern::parts::literal, pieces.front()});
        for (std::size_t i = 1; i < pieces.size(); ++i) {
            const std::size_t count = made.size() * dashes.size();
            if (count > expansion_max || count * bytes_of({text}) > value_bytes_max) return std::nullopt;
            std::vector<text_pattern> next;
            for (const text_pattern& before : made) {
                for (const std::string_view dash : dashes) {
                    next.push_back(before);
                    next.back().append({text_pattern::parts::literal, std::string(dash) + pieces[i]});
                }
            }
            made = std::move(next);
        }
    }
    return made;
}

}  // namespace carrel::sigma
