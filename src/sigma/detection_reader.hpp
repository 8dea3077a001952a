#pragma once

#include "sigma/detection.hpp"
#include "sigma/fault_log.hpp"
#include "sigma/modifiers.hpp"
#include "sigma/regex_check.hpp"
#include "sigma/yaml.hpp"

#include <span>
#include <string_view>

namespace carrel::sigma {

/// Reads a map of searches and their condition.
class detection_reader {
public:
    explicit detection_reader(fault_log& log) noexcept
        : log_(log) {}

    /// Members called as one of `others` are of something else. Faults go to the log.
    detection read(const yaml_node& map, std::span<const std::string_view> others = {});

private:
    search read_search(const yaml_node& node);
    search read_map(const yaml_node& node);
    search read_list(const yaml_node& node);
    search read_test(const yaml_node* key, const yaml_node& node);
    void read_values(field_test& into, const yaml_node& node, std::span<const placed_modifier> chain);
    bool count_value(const value& made, const yaml_node& node);
    void read_condition(detection& into, const yaml_node& map);

    fault_log& log_;
    regex_check expressions_;
    std::size_t values_ = 0, bytes_ = 0;
};

/// Parses a condition that stands in a node over these names; what is wrong goes to the log.
bool read_condition_text(condition& into, const yaml_node& node, std::span<const std::string> names, fault_log& log);

}  // namespace carrel::sigma
