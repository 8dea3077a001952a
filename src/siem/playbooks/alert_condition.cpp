#include "siem/playbooks/alert_condition.hpp"

#include "resource/references.hpp"
#include "siem/alerts.hpp"
#include "siem/playbooks/object_reader.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

using enum condition_operator;

constexpr std::array<std::string_view, 11> condition_fields = {
    "severity", "status",      "disposition", "title",           "description", "rule_id",
    "tags",     "assigned_to", "risk_score",  "duplicate_count", "fingerprint"};
constexpr std::int64_t operands_max = 50, operand_size_max = 1000;

bool is_order(condition_operator op) { return op >= greater_than && op <= less_or_equal; }
bool is_list(condition_operator op) { return op == in || op == not_in; }
bool has_no_value(condition_operator op) { return op == exists || op == not_exists; }

// What no condition can test of a kind of member.
bool fits(condition_operator op, const field& of) {
    switch (of.kind) {
        case field_kind::enumeration:
            return !(op >= contains && op <= ends_with) && (!is_order(op) || of.name == "severity");
        case field_kind::integer: return !(op >= contains && op <= ends_with);
        case field_kind::text_list: return op == contains || op == not_contains || has_no_value(op);
        default: return !is_order(op);
    }
}

std::optional<value> read_operand(const field& of, const boost::json::value& given, const std::string& path,
                                  std::vector<fault>& faults) {
    field rules = of;
    rules.name = "value";
    rules.min = 0;
    if (of.kind == field_kind::text_list || of.kind == field_kind::text) {
        rules.kind = field_kind::text;
        rules.max = operand_size_max;
    }
    if (of.kind == field_kind::integer) rules.max = std::max<std::int64_t>(of.max, 1'000'000'000);
    value read;
    if (auto wrong = read_field(rules, given, read)) {
        faults.push_back({path, 0, std::move(wrong->detail)});
        return std::nullopt;
    }
    return read;
}

void read_operands(alert_condition& into, object_reader& members, std::vector<fault>& faults) {
    const field& of = alerts().fields[into.field];
    const auto* const given = members.find("value");
    if (has_no_value(into.op)) {
        if (given != nullptr) members.refuse("value", "is not taken by this operator");
        return;
    }
    if (given == nullptr) return members.refuse("value", "is required");
    const std::string path = members.path_of("value");
    if (!is_list(into.op)) {
        if (auto one = read_operand(of, *given, path, faults)) into.operands.push_back(std::move(*one));
        return;
    }
    const auto items = members.list("value", {1, operands_max});
    for (std::size_t i = 0; i < items.size(); ++i)
        if (auto one = read_operand(of, items[i], path + "[" + std::to_string(i) + "]", faults))
            into.operands.push_back(std::move(*one));
}

bool holds_of_number(const alert_condition& one, std::int64_t held) {
    const auto operand = [&] { return std::get<std::int64_t>(one.operands.front()); };
    switch (one.op) {
        case greater_than: return held > operand();
        case greater_or_equal: return held >= operand();
        case less_than: return held < operand();
        case less_or_equal: return held <= operand();
        default: return std::find(one.operands.begin(), one.operands.end(), value(held)) != one.operands.end();
    }
}

bool holds_of_text(const alert_condition& one, const std::string& held) {
    const auto operand = [&]() -> const std::string& { return std::get<std::string>(one.operands.front()); };
    switch (one.op) {
        case contains:
        case not_contains: return held.find(operand()) != held.npos;
        case starts_with: return held.starts_with(operand());
        case ends_with: return held.ends_with(operand());
        default: return std::find(one.operands.begin(), one.operands.end(), value(held)) != one.operands.end();
    }
}

// Without the `not_` of an operator.
bool holds_plainly(const alert_condition& one, const record& alert) {
    const value& held = alert.values[one.field];
    const bool is_list_field = alerts().fields[one.field].kind == field_kind::text_list;
    if (has_no_value(one.op))
        return is_list_field ? *alert.text(one.field) != "[]" : !std::holds_alternative<std::monostate>(held);
    if (is_list_field) {
        const auto items = items_of(held);
        return std::find(items.begin(), items.end(), std::get<std::string>(one.operands.front())) != items.end();
    }
    if (const auto* number = std::get_if<std::int64_t>(&held)) return holds_of_number(one, *number);
    if (const auto* text = std::get_if<std::string>(&held)) return holds_of_text(one, *text);
    return false;
}

bool is_negated(condition_operator op) {
    return op == not_equals || op == not_in || op == not_contains || op == not_exists;
}

}  // namespace

std::optional<alert_condition> read_condition(const boost::json::value& given, const std::string& path,
                                              std::vector<fault>& faults) {
    const std::size_t known = faults.size();
    object_reader members(given, path, faults);
    const auto place = members.choice("field", condition_fields, true);
    const auto op = members.choice("operator", condition_operators, true);
    alert_condition made;
    if (place && op) {
        made.field = alerts().position(condition_fields[static_cast<std::size_t>(*place)]);
        made.op = static_cast<condition_operator>(*op);
        const field& of = alerts().fields[made.field];
        if (fits(made.op, of)) read_operands(made, members, faults);
        else members.refuse("operator", "cannot be asked of " + std::string(of.name));
    }
    static_cast<void>(members.find("value"));
    members.refuse_others();
    if (faults.size() > known) return std::nullopt;
    return made;
}

std::vector<alert_condition> read_conditions_of_alert(std::span<const boost::json::value> given,
                                                      const std::string& path, std::vector<fault>& faults) {
    std::vector<alert_condition> all;
    for (std::size_t i = 0; i < given.size(); ++i)
        if (auto one = read_condition(given[i], path + "[" + std::to_string(i) + "]", faults))
            all.push_back(std::move(*one));
    return all;
}

bool holds(const alert_condition& one, const record& alert) { return holds_plainly(one, alert) != is_negated(one.op); }

bool all_hold(const std::vector<alert_condition>& all, const record& alert) {
    return std::all_of(all.begin(), all.end(), [&](const alert_condition& one) { return holds(one, alert); });
}

}  // namespace carrel::siem
