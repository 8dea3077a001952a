#pragma once

#include "sigma/condition.hpp"
#include "sigma/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carrel::sigma {

enum class correlation_type {
    event_count,
    value_count,
    temporal,
    temporal_ordered,
    value_sum,
    value_avg,
    value_percentile,
    value_median
};

struct field_alias {
    std::string name;
    std::vector<std::pair<std::string, std::string>> fields;  // of a rule: its field of that name
    bool operator==(const field_alias&) const = default;
};

/// Events that match other rules, counted or put in relation within a span of time.
struct correlation {
    struct bound {
        relation is = relation::at_least;
        number than;
        bool operator==(const bound&) const = default;
    };
    correlation_type type = correlation_type::event_count;
    std::vector<std::string> rules;  // by their name or id
    std::vector<std::string> group_by;
    std::int64_t timespan_s = 0;
    std::string timespan;  // as it is written
    std::vector<field_alias> aliases;
    bool generate = false;            // whether the rules it refers to alert by themselves
    std::vector<bound> bounds;        // of the condition; one, or the two ends of a range
    std::vector<std::string> fields;  // of the condition
    std::optional<std::int64_t> percentile;
    std::optional<condition> when;  // of a temporal correlation: over `rules`
    bool operator==(const correlation&) const = default;
};

}  // namespace carrel::sigma
