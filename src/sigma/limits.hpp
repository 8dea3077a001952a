#pragma once

#include <cstddef>

namespace carrel::sigma {

/// Bounds of a text of documents.
struct document_limits {
    std::size_t text_max = std::size_t{64} << 20;  // bytes
    std::size_t documents_max = 100'000;
};

/// Bounds of one rule. What is beyond them is a fault with its place.
inline constexpr std::size_t rule_text_max = std::size_t{1} << 20;       // bytes
inline constexpr std::size_t yaml_depth_max = 50;                        // maps and lists within each other
inline constexpr std::size_t yaml_anchors_max = 10;                      // anchors and aliases together
inline constexpr std::size_t yaml_nodes_max = 100'000;                   // with what aliases repeat
inline constexpr std::size_t scalar_max = std::size_t{64} << 10;         // bytes
inline constexpr std::size_t title_max = 256;                            // characters
inline constexpr std::size_t list_max = 1'000;                           // tags, references, rules …
inline constexpr std::size_t condition_text_max = std::size_t{8} << 10;  // bytes
inline constexpr std::size_t condition_depth_max = 50;                   // brackets and `not`s
inline constexpr std::size_t condition_nodes_max = 10'000;               // with what patterns stand for
inline constexpr std::size_t searches_max = 500;                         // names of a detection
inline constexpr std::size_t search_name_max = 128;                      // bytes
inline constexpr std::size_t expansion_max = 3'125;  // values that one becomes: five dashes, five times
inline constexpr std::size_t modifiers_max = 16;     // of one field
inline constexpr std::size_t values_max = 100'000;   // of a rule, expanded
inline constexpr std::size_t value_bytes_max = std::size_t{8} << 20;  // of a rule, expanded
inline constexpr std::size_t regex_max = 4'096;                       // bytes
inline constexpr std::size_t regex_count_max = 1'000;
inline constexpr std::size_t regex_memory_max = std::size_t{1} << 20;  // bytes, compiled
inline constexpr std::size_t regex_program_max = 100'000;              // instructions of all of a rule's expressions
inline constexpr std::size_t detail_max = 300;                         // bytes of a fault's text
inline constexpr std::size_t faults_max = 20;                          // reported of one rule

}  // namespace carrel::sigma
