#pragma once

#include "resource/resource.hpp"
#include "sigma/rule.hpp"

#include <array>

namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class rule_type { sigma, query, correlation, filter };
inline constexpr std::array<std::string_view, 4> rule_types = {"sigma", "query", "correlation", "filter"};

enum class lifecycle { experimental, test, stable, deprecated, archived };
inline constexpr std::array<std::string_view, 5> lifecycles = {"experimental", "test", "stable", "deprecated",
                                                               "archived"};
/// Which state may follow which: of rules and of field mappings.
std::span<const edge> lifecycle_edges();

const resource& rules();
/// Who says of a rule that it was wrong: rows of a rule.
const resource& false_positive_reports();

/// Where rules keep what their own rules touch.
struct rule_fields {
    std::size_t id, name, type, description, severity, enabled, lifecycle, author, tags, references, false_positives,
        tactics, techniques, category, product, service, sigma_yaml, query, deprecated_at, deprecated_reason,
        deprecated_by, sunset_at, tree, document, feed_id;
};
const rule_fields& rule_at();

/// What a Sigma document gives a rule's members that are not given.
void take_from_sigma(const sigma::rule& from, std::string_view text, given_members& given);

}  // namespace carrel::siem
