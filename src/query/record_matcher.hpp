#pragma once

#include "query/compiled.hpp"
#include "query/expression.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::query {

/// Tests records, whose fields are few and known, against one expression. Reused between records; not thread-safe.
class record_matcher {
public:
    explicit record_matcher(const expression& of);

    /// A record's values follow; of a list each for itself, of a field that has none nothing.
    void begin() noexcept;
    /// Words without a field are looked for in the values that are searched.
    void text(std::string_view field, std::string_view value, bool is_searched);
    void time(std::string_view field, std::int64_t value);
    /// A list, which is there though it may be empty.
    void exists(std::string_view field);
    bool matches() const;

private:
    template <class Test>
    void settle(std::string_view field, const Test& test);

    std::vector<leaf> leaves_;
    node root_;
    std::vector<leaf*> tested_;  // by the value at hand
    std::string folded_;
};

}  // namespace carrel::query
