#pragma once

#include "sigma/fault.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace carrel::sigma {

/// A node of a YAML document. Aliases point at the node that they name.
struct yaml_node {
    enum class kinds { null, text, list, map };
    kinds kind = kinds::null;
    bool plain = false;      // of a text: written without quotes, so that it may be a number or a bool
    std::size_t offset = 0;  // into the document
    std::size_t size = 1;    // nodes, itself and what is within
    std::size_t height = 0;  // lists and maps within each other
    std::string text;
    std::vector<const yaml_node*> items;                                 // of a list
    std::vector<std::pair<const yaml_node*, const yaml_node*>> members;  // of a map, as they stand; each key once

    bool is_text() const noexcept { return kind == kinds::text; }
    bool is_list() const noexcept { return kind == kinds::list; }
    bool is_map() const noexcept { return kind == kinds::map; }
    bool is_null() const noexcept { return kind == kinds::null; }

    /// The member of this name; null if there is none.
    const yaml_node* find(std::string_view name) const noexcept;
};

/// A document's nodes, which it owns.
struct yaml_tree {
    std::deque<yaml_node> nodes;
    const yaml_node* root = nullptr;
};

/// Reads one document within the limits of a rule: they are checked while it is read, before anything is built of it.
std::variant<std::unique_ptr<yaml_tree>, faults> read_yaml(std::string_view document);

/// A scalar as YAML 1.1 resolves it, which rules are written for: `yes` is a bool, `0x10` a number. Sexagesimal
/// numbers and dates stay texts.
struct yaml_number {
    std::string text;  // decimal digits, beyond 64 bits
};
using yaml_scalar = std::variant<std::monostate, std::string, std::int64_t, double, bool, yaml_number>;
yaml_scalar resolve(const yaml_node& node);

}  // namespace carrel::sigma
