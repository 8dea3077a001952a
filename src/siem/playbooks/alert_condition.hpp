#pragma once

#include "resource/resource.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

// What a playbook asks of an alert: in its triggers, and before a step.
namespace carrel::siem {

enum class condition_operator {
    equals,
    not_equals,
    in,
    not_in,
    contains,
    not_contains,
    starts_with,
    ends_with,
    greater_than,
    greater_or_equal,
    less_than,
    less_or_equal,
    exists,
    not_exists
};
inline constexpr std::array<std::string_view, 14> condition_operators = {
    "equals",       "not_equals",    "in",        "not_in",       "contains",
    "not_contains", "starts_with",   "ends_with", "greater_than", "greater_or_equal",
    "less_than",    "less_or_equal", "exists",    "not_exists"};

struct alert_condition {
    std::size_t field = 0;  // of alerts()
    condition_operator op = condition_operator::equals;
    std::vector<value> operands;  // places of enumerations, numbers, texts
};

/// `{"field","operator","value"}`. Nothing, and a fault, if it cannot be understood.
std::optional<alert_condition> read_condition(const boost::json::value& given, const std::string& path,
                                              std::vector<fault>& faults);
/// A list of them at `path`, of which `given` is the text.
std::vector<alert_condition> read_conditions_of_alert(std::span<const boost::json::value> given,
                                                      const std::string& path, std::vector<fault>& faults);

/// Texts are compared as they are; a member that is null equals nothing, and only `not_…` holds of it.
bool holds(const alert_condition& one, const record& alert);
bool all_hold(const std::vector<alert_condition>& all, const record& alert);

}  // namespace carrel::siem
