#include "sigma/correlation_reader.hpp"
#include "sigma/detection_reader.hpp"
#include "sigma/metadata_reader.hpp"
#include "sigma/rule.hpp"

namespace carrel::sigma {

namespace {

class rule_reader {
public:
    rule_reader(const yaml_node& root, fault_log& log)
        : members_(root, log),
          log_(log) {}

    rule read() {
        rule made;
        read_metadata(made, members_, log_);
        if (const yaml_node* node = map_of("correlation")) made.body = read_correlation(*node, log_);
        else if (members_.map().find("correlation") != nullptr) members_.refuse("correlation", "must be a map");
        else if (members_.map().find("filter") != nullptr) read_filter(made);
        else read_detection(made);
        return made;
    }

private:
    const yaml_node* map_of(std::string_view name) const {
        const yaml_node* found = members_.find(name);
        return found != nullptr && found->is_map() ? found : nullptr;
    }

    void read_detection(rule& into) {
        read_log_source(into.source, members_, log_);
        if (const yaml_node* node = map_of("detection")) into.body = detection_reader(log_).read(*node);
        else members_.refuse("detection", members_.find("detection") == nullptr ? "is missing" : "must be a map");
    }

    void read_filter(rule& into) {
        read_log_source(into.source, members_, log_);
        const yaml_node* node = map_of("filter");
        if (node == nullptr) return members_.refuse("filter", "must be a map");
        filter made;
        const member_reader inner(*node, log_);
        const yaml_node* rules = node->find("rules");
        if (rules == nullptr || rules->is_null()) inner.refuse("rules", "is missing: any, or rules by name or id");
        made.rules = inner.text_or_texts("rules");
        made.any = made.rules.empty() || (rules->is_text() && (rules->text == "any" || rules->text == "Any"));
        if (made.any) made.rules.clear();
        const yaml_node* when = node->find("condition");
        if (when != nullptr && when->is_list()) inner.refuse("condition", "must be a text");
        constexpr std::string_view others[] = {"rules"};
        made.is = detection_reader(log_).read(*node, others);
        into.body = std::move(made);
    }

    member_reader members_;
    fault_log& log_;
};

}  // namespace

std::string_view rule::kind() const noexcept {
    constexpr std::string_view kinds[] = {"detection", "correlation", "filter"};
    return kinds[body.index()];
}

std::variant<rule, faults> parse_rule(std::string_view document) {
    auto read = read_yaml(document);
    if (auto* why = std::get_if<faults>(&read)) return std::move(*why);
    const yaml_node& root = *std::get<std::unique_ptr<yaml_tree>>(read)->root;
    fault_log log(without_mark(document));
    if (!root.is_map()) {
        log.add(root, "a rule is a map");
        return log.take();
    }
    rule made = rule_reader(root, log).read();
    if (!log.is_empty()) return log.take();
    return made;
}

}  // namespace carrel::sigma
