#pragma once

#include "query/columns.hpp"
#include "query/compiled.hpp"
#include "query/expression.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel::query {

/// Tests events against one expression. Most events are refused by a search of their text for what they would have to
/// hold, without reading their JSON. Reused between events; not thread-safe.
class matcher {
public:
    explicit matcher(const expression& of);

    /// `fields` is the event's JSON object as it is stored. Words are looked for in its values, not in its keys.
    bool matches(std::string_view fields, const event_columns& columns);

    /// Whether an event whose `fields` stand somewhere within `text` can match; `text` may hold many. False is sure.
    bool can_match(std::string_view text);

    /// Whether the words are in a plain text. A test of a field fails.
    bool matches_text(std::string_view text);

private:
    class listener;

    void test_columns(const event_columns& columns);
    truth glance(std::string_view text);
    truth conclude() const;

    std::vector<leaf> leaves_;
    node root_;
    std::string decoded_, folded_;
};

}  // namespace carrel::query
