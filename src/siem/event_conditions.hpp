#pragma once

#include "base/words.hpp"
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
    using words = std::vector<std::string>;

    time_range range;
    std::array<std::vector<std::string>, segments::column_count> texts;  // one of them; none given: any
    std::vector<member> members;                                         // each
    std::vector<words> searches;                                         // all words of one of them
    std::string canonical;  // what a cursor is bound to: the same for the same filters in any order
    std::vector<fault> faults;

    bool look_at_columns() const noexcept;
    bool look_at_text() const noexcept { return !members.empty() || !searches.empty(); }
    /// Whether a segment whose tokens are these can hold an event that passes.
    bool may_pass(const segments::token_filter& tokens) const noexcept;

    /// What an event must have been found by, made of `members` and `searches`: of each group one alternative, of that
    /// all tokens.
    using alternative = std::vector<std::uint64_t>;
    std::vector<std::vector<alternative>> groups;
};

/// Reads the parameters that are filters of events; others are left alone.
event_conditions read_event_conditions(const query_pairs& query);

/// Tests the texts of events. Reuses its buffers; not thread-safe. The conditions must outlive it.
class text_test {
public:
    explicit text_test(const event_conditions& conditions)
        : conditions_(&conditions) {}
    bool passes(std::string_view fields);

private:
    bool holds(const event_conditions::member& wanted, std::string_view fields);
    bool holds_all(const event_conditions::words& wanted, std::string_view fields);

    const event_conditions* conditions_;
    std::string scratch_;
    word_cutter cutter_;
    std::vector<bool> found_;
};

}  // namespace carrel::siem
