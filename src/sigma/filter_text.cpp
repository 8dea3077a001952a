#include "sigma/filter_text.hpp"

#include "sigma/detection_reader.hpp"

#include <algorithm>

namespace carrel::sigma {

namespace {

// Members that only a whole document has.
bool is_whole(const yaml_node& root) {
    constexpr std::string_view names[] = {"title", "logsource", "filter", "correlation", "detection"};
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view name) { return root.find(name) != nullptr; });
}

}  // namespace

std::variant<rule, faults> parse_filter(std::string_view document) {
    auto read = read_yaml(document);
    if (auto* why = std::get_if<faults>(&read)) return std::move(*why);
    const yaml_node& root = *std::get<std::unique_ptr<yaml_tree>>(read)->root;
    fault_log log(without_mark(document));
    if (!root.is_map()) {
        log.add(root, "a filter is a map");
        return log.take();
    }
    if (is_whole(root)) {
        auto made = parse_rule(document);
        const auto* whole = std::get_if<rule>(&made);
        if (whole == nullptr || std::holds_alternative<filter>(whole->body)) return made;
        log.add(root, "is a " + std::string(whole->kind()) + ", not a filter");
        return log.take();
    }
    rule made;
    made.body = detection_reader(log).read(root);
    if (!log.is_empty()) return log.take();
    return made;
}

}  // namespace carrel::sigma
