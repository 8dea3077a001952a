#include "sigma/value.hpp"

#include <algorithm>
#include <string_view>

namespace carrel::sigma {

namespace {

bool is_special(char c) noexcept { return c == '*' || c == '?' || c == '\\'; }

}  // namespace

void text_pattern::append(part next) {
    if (next.kind == parts::literal) {
        if (next.literal.empty()) return;
        if (!sequence.empty() && sequence.back().kind == parts::literal) {
            sequence.back().literal += next.literal;
            return;
        }
    }
    sequence.push_back(std::move(next));
}

text_pattern text_pattern::of(std::string_view text) {
    text_pattern made;
    std::string literal;
    const auto flush = [&] {
        made.append({parts::literal, std::move(literal)});
        literal.clear();
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\' && at + 1 < text.size() && is_special(text[at + 1])) {
            literal += text[++at];
        } else if (c == '*' || c == '?') {
            flush();
            made.append({c == '*' ? parts::any_run : parts::any_one});
        } else {
            literal += c;
        }
    }
    flush();
    return made;
}

bool text_pattern::has_wildcards() const noexcept {
    return std::any_of(sequence.begin(), sequence.end(), [](const part& each) { return each.kind != parts::literal; });
}

std::string text_pattern::plain() const {
    std::string text;
    for (const part& each : sequence) text += each.literal;
    return text;
}

std::size_t bytes_of(const value& of) noexcept {
    std::size_t bytes = sizeof(value);
    if (const auto* text = std::get_if<text_pattern>(&of.is))
        for (const text_pattern::part& part : text->sequence) bytes += sizeof part + part.literal.size();
    if (const auto* all = std::get_if<alternatives>(&of.is))
        for (const value& each : all->of) bytes += bytes_of(each);
    return bytes;
}

}  // namespace carrel::sigma
