#include "query/expression.hpp"

#include <array>

namespace carrel::query {

namespace {

std::string describe_words(const std::vector<word>& words) {
    std::string text;
    for (const word& each : words) {
        if (!text.empty()) text += ' ';
        text += each.text;
        if (each.inside) text += '~';
        if (each.prefix) text += '*';
    }
    return words.size() > 1 ? '"' + text + '"' : text;
}

std::string_view name_of(column of) {
    static constexpr std::array<std::string_view, 9> names = {
        "", "@id", "@host", "@source", "@channel", "@event_code", "@severity", "@timestamp", "@received_at"};
    return names[static_cast<std::size_t>(of)];
}

std::string describe_term(const term& of) {
    static constexpr std::array<std::string_view, 4> signs = {"<", "<=", ">=", ">"};
    std::string text(of.of == column::none ? std::string_view(of.path) : name_of(of.of));
    if (!of.is_anywhere()) text += ':';
    switch (of.test) {
        case test_kind::words: return text + describe_words(of.words);
        case test_kind::exists: return text + '*';
        case test_kind::equals: return text + "='" + of.value + '\'';
        default: break;
    }
    text += signs[static_cast<std::size_t>(of.compared)];
    return text + (is_time(of.of) ? std::to_string(of.time) : of.value);
}

}  // namespace

std::string describe(const expression& of) {
    if (of.kind == node_kind::term) return describe_term(of.leaf);
    if (of.kind == node_kind::none_of) return "NOT " + describe(of.parts.front());
    std::string text;
    for (const expression& part : of.parts) {
        text += text.empty() ? "(" : of.kind == node_kind::all_of ? " AND " : " OR ";
        text += describe(part);
    }
    return text + ')';
}

}  // namespace carrel::query
