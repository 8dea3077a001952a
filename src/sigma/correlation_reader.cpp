#include "sigma/correlation_reader.hpp"

#include "sigma/detection_reader.hpp"
#include "sigma/member_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace carrel::sigma {

namespace {

constexpr std::array<std::string_view, 8> types{"event_count", "value_count", "temporal",         "temporal_ordered",
                                                "value_sum",   "value_avg",   "value_percentile", "value_median"};
constexpr std::array<std::pair<std::string_view, relation>, 6> relations{{{"eq", relation::equal},
                                                                          {"neq", relation::not_equal},
                                                                          {"lt", relation::less},
                                                                          {"lte", relation::at_most},
                                                                          {"gt", relation::greater},
                                                                          {"gte", relation::at_least}}};

bool is_temporal(correlation_type type) noexcept {
    return type == correlation_type::temporal || type == correlation_type::temporal_ordered;
}
bool is_of_values(correlation_type type) noexcept {
    return !is_temporal(type) && type != correlation_type::event_count;
}
bool counts(correlation_type type) noexcept { return !is_of_values(type) || type == correlation_type::value_count; }

std::optional<std::int64_t> seconds_of(std::string_view text) {
    constexpr std::array<std::pair<char, std::int64_t>, 7> units{
        {{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}, {'w', 604'800}, {'M', 2'629'746}, {'y', 31'556'952}}};
    std::int64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc() || count <= 0 || read.ptr + 1 != text.data() + text.size()) return std::nullopt;
    for (const auto& [unit, seconds] : units) {
        if (unit != *read.ptr) continue;
        if (count > std::numeric_limits<std::int64_t>::max() / 1'000'000 / seconds) return std::nullopt;
        return count * seconds;
    }
    return std::nullopt;
}

class correlation_parser {
public:
    correlation_parser(const yaml_node& map, fault_log& log)
        : members_(map, log),
          log_(log) {}

    correlation read() {
        read_type();
        made_.group_by = members_.text_or_texts("group-by");
        made_.generate = members_.truth("generate").value_or(false);
        read_timespan();
        read_rules();
        read_condition();
        read_aliases();
        if (made_.rules.empty()) members_.refuse("rules", "is missing");
        return std::move(made_);
    }

private:
    void read_type() {
        const auto text = members_.text("type");
        if (!text) return members_.refuse("type", "is missing");
        const auto found = std::find(types.begin(), types.end(), *text);
        if (found == types.end()) return members_.refuse("type", "is no type of correlation");
        made_.type = static_cast<correlation_type>(found - types.begin());
    }

    void read_timespan() {
        made_.timespan = members_.text("timespan").value_or("");
        if (members_.find("timespan") == nullptr) return members_.refuse("timespan", "is missing");
        const auto seconds = seconds_of(made_.timespan);
        if (!seconds) return members_.refuse("timespan", "must be a number with a unit: s, m, h, d, w, M or y");
        made_.timespan_s = *seconds;
    }

    void read_rules() {
        for (std::string& each : members_.text_or_texts("rules")) {
            if (each.empty()) members_.refuse("rules", "has a name that is empty");
            else if (std::find(made_.rules.begin(), made_.rules.end(), each) == made_.rules.end())
                made_.rules.push_back(std::move(each));
        }
    }

    void read_condition() {
        const yaml_node* node = members_.find("condition");
        if (node == nullptr) {
            if (!is_temporal(made_.type)) return members_.refuse("condition", "is missing");
            // All rules, unless the rule says otherwise.
            made_.bounds.push_back({relation::at_least, static_cast<std::int64_t>(made_.rules.size())});
            return;
        }
        if (node->is_map()) return read_bounds(member_reader(*node, log_));
        if (!is_temporal(made_.type) || !node->is_text())
            return members_.refuse("condition", "must be a map such as gte: 10");
        read_expression(*node);
    }

    /// A condition over rules; where the rule does not list them they are those that it names.
    void read_expression(const yaml_node& node) {
        const bool listed = !made_.rules.empty();
        if (!listed) made_.rules = names_in(node.text);
        condition read;
        if (!read_condition_text(read, node, made_.rules, log_)) return;
        made_.when = std::move(read);
        if (!listed) return;
        for (const std::string& each : made_.rules)
            if (!names(*made_.when, each)) log_.add(node, "condition does not name the rule " + each);
    }
    bool names(const condition& of, const std::string& rule) const {
        if (of.kind == condition::kinds::search) return made_.rules[of.search] == rule;
        return std::any_of(of.parts.begin(), of.parts.end(), [&](const condition& part) { return names(part, rule); });
    }
    static std::vector<std::string> names_in(std::string_view text) {
        std::vector<std::string> found;
        text = text.substr(0, condition_text_max);
        while (!text.empty()) {
            const std::size_t end = std::min(text.find_first_of(" \t\r\n()|"), text.size());
            const std::string_view word = text.substr(0, end);
            if (!word.empty() && word != "and" && word != "or" && word != "not" &&
                std::find(found.begin(), found.end(), word) == found.end())
                found.emplace_back(word);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return found;
    }

    void read_bounds(const member_reader& members) {
        for (const auto& [key, node] : members.map().members) {
            const std::string_view name = key->text;
            const auto found =
                std::find_if(relations.begin(), relations.end(), [&](const auto& each) { return each.first == name; });
            if (found != relations.end()) read_bound(found->second, *node);
            else if (key->text != "field" && key->text != "percentile") log_.add(*key, "unknown member " + key->text);
        }
        check_range(members.map());
        made_.fields = members.text_or_texts("field");
        if (is_of_values(made_.type) && made_.fields.empty()) log_.add(members.map(), "field is missing");
        if (made_.type != correlation_type::value_count && made_.fields.size() > 1)
            members.refuse("field", "may be a list only of value_count");
        read_percentile(members);
    }
    void read_bound(relation is, const yaml_node& node) {
        const yaml_scalar scalar = resolve(node);
        if (const auto* whole = std::get_if<std::int64_t>(&scalar)) {
            made_.bounds.push_back({is, *whole});
        } else if (const auto* real = std::get_if<double>(&scalar);
                   real != nullptr && *real - *real == 0 && !counts(made_.type)) {
            made_.bounds.push_back({is, *real});
        } else {
            log_.add(node, counts(made_.type) ? "must be a whole number" : "must be a number");
        }
    }
    void check_range(const yaml_node& map) {
        const auto is_lower = [](const auto& each) {
            return each.is == relation::greater || each.is == relation::at_least;
        };
        const auto is_upper = [](const auto& each) {
            return each.is == relation::less || each.is == relation::at_most;
        };
        const auto& all = made_.bounds;
        if (all.size() == 1) return;
        const bool range = all.size() == 2 && std::count_if(all.begin(), all.end(), is_lower) == 1 &&
                           std::count_if(all.begin(), all.end(), is_upper) == 1;
        if (!range) log_.add(map, "condition is one of eq, neq, lt, lte, gt, gte, or a range of two");
    }
    void read_percentile(const member_reader& members) {
        const yaml_node* node = members.find("percentile");
        if (node == nullptr) {
            if (made_.type == correlation_type::value_percentile) log_.add(members.map(), "percentile is missing");
            return;
        }
        const yaml_scalar scalar = resolve(*node);
        const auto* whole = std::get_if<std::int64_t>(&scalar);
        if (made_.type != correlation_type::value_percentile) members.refuse("percentile", "is of value_percentile");
        else if (whole == nullptr || *whole < 0 || *whole > 100)
            members.refuse("percentile", "must be a whole number from 0 to 100");
        else made_.percentile = *whole;
    }

    void read_aliases() {
        const yaml_node* node = members_.find("aliases");
        if (node == nullptr) return;
        if (!node->is_map()) return members_.refuse("aliases", "must be a map");
        for (const auto& [key, fields] : node->members) {
            if (!fields->is_map()) {
                log_.add(*fields, "an alias is a map of rules and their fields");
                continue;
            }
            field_alias alias{key->text, {}};
            for (const auto& [rule, field] : fields->members) {
                if (!field->is_text()) log_.add(*field, "the name of a field is a text");
                else if (std::find(made_.rules.begin(), made_.rules.end(), rule->text) == made_.rules.end())
                    log_.add(*rule, "alias for " + rule->text + ", which is none of the rules");
                else alias.fields.emplace_back(rule->text, field->text);
            }
            made_.aliases.push_back(std::move(alias));
        }
    }

    member_reader members_;
    fault_log& log_;
    correlation made_;
};

}  // namespace

correlation read_correlation(const yaml_node& map, fault_log& log) { return correlation_parser(map, log).read(); }

}  // namespace carrel::sigma
