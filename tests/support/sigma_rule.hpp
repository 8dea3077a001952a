#pragma once

#include "sigma/rule.hpp"

#include <string>
#include <string_view>

namespace sigma_rule {

inline const std::string head = "title: t\nlogsource: {product: windows}\ndetection:\n";

/// All faults as `line:column detail`, with `; ` between; empty for a rule.
inline std::string faults_of(std::string_view text) {
    const auto read = carrel::sigma::parse_rule(text);
    std::string all;
    if (const auto* found = std::get_if<carrel::sigma::faults>(&read))
        for (const auto& each : *found)
            all += (all.empty() ? "" : "; ") + std::to_string(each.line) + ":" + std::to_string(each.column) + " " +
                   each.detail;
    return all;
}

/// The tree as JSON, or the faults.
inline std::string tree_of(std::string_view text) {
    const auto read = carrel::sigma::parse_rule(text);
    if (const auto* rule = std::get_if<carrel::sigma::rule>(&read)) return to_json(*rule);
    return faults_of(text);
}

/// A rule with one search in flow style or one line: `a|contains: x` becomes the map of the search `s`.
inline std::string with_test(std::string_view test) {
    return head + "  s:\n    " + std::string(test) + "\n  condition: s\n";
}
/// What stands in the tree for the search of `with_test`, or the faults.
inline std::string search_of(std::string_view test) {
    const std::string tree = tree_of(with_test(test));
    const std::string begin =
        R"({"format":1,"kind":"detection","logsource":{"product":"windows"},"searches":[{"name":"s","is":{"and":[)";
    const std::string end = R"(]}}],"condition":0})";
    if (!tree.starts_with(begin) || !tree.ends_with(end)) return tree;
    return tree.substr(begin.size(), tree.size() - begin.size() - end.size());
}
/// The values in it.
inline std::string values_of(std::string_view test) {
    const std::string found = search_of(test);
    const std::size_t at = found.find(R"("values":[)");
    return at == found.npos ? found : found.substr(at + 10, found.size() - at - 12);
}

}  // namespace sigma_rule
