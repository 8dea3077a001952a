#pragma once

#include "query/matcher.hpp"
#include "query/required.hpp"
#include "resource/conditions.hpp"
#include "segments/segment.hpp"
#include "segments/token_filter.hpp"
#include "siem/event_range.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// The filters of a request for events. Immutable once read.
struct event_conditions {
    /// A top-level member of `fields` equals one of the values: a string's value, else the text as it came.
    struct member {
        std::string key;
        std::vector<std::string> values;
    };

    time_range range;
    std::array<std::vector<std::string>, segments::column_count> texts;  // one of them; none given: any
    std::vector<member> members;                                         // each
    std::vector<query::expression> searches;                             // one of them
    std::string canonical;  // what a cursor is bound to: the same for the same filters in any order
    std::vector<fault> faults;
    std::uint64_t cost_key = 0;                // see event_cost.hpp
    std::vector<query::requirement> required;  // each: what tokens an event that passes must have

    bool look_at_columns() const noexcept;
    bool look_at_text() const noexcept { return !members.empty() || !searches.empty(); }
    /// Whether `required` asks for a path anywhere.
    bool look_at_paths() const noexcept;
    /// Whether a segment whose events have these paths can hold one that passes.
    bool may_pass(const segments::token_filter& paths) const;
};

/// Reads the parameters that are filters of events; others are left alone.
event_conditions read_event_conditions(const operation& what, const call& request);

/// Tests the texts of events. Reuses its buffers; not thread-safe. The conditions must outlive it.
class text_test {
public:
    explicit text_test(const event_conditions& conditions);
    /// Whether the searches find the event, and its members are those wanted.
    bool passes(std::string_view fields, const segments::event_head& head);

private:
    bool holds(const event_conditions::member& wanted, std::string_view fields);

    const event_conditions* conditions_;
    std::vector<query::matcher> searches_;
    std::string scratch_;
};

}  // namespace carrel::siem
