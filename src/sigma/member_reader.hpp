#pragma once

#include "sigma/fault_log.hpp"
#include "sigma/yaml.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::sigma {

/// Reads the members of one map by their names. A member that is null is left out; what is of a wrong kind goes to the log.
class member_reader {
public:
    member_reader(const yaml_node& map, fault_log& log) noexcept
        : map_(map),
          log_(log) {}

    const yaml_node& map() const noexcept { return map_; }
    /// Null for a member that is not there or null.
    const yaml_node* find(std::string_view name) const;
    /// A text; other scalars are refused.
    std::optional<std::string> text(std::string_view name) const;
    /// A list of scalars, as they are written.
    std::vector<std::string> texts(std::string_view name) const;
    /// As above, or one text.
    std::vector<std::string> text_or_texts(std::string_view name) const;
    std::optional<bool> truth(std::string_view name) const;
    void refuse(std::string_view name, std::string detail) const;

private:
    void append(std::vector<std::string>& to, const yaml_node& item, std::string_view name) const;

    const yaml_node& map_;
    fault_log& log_;
};

}  // namespace carrel::sigma
