#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel::sigma {

/// What a rule asks of its searches. A pattern (`1 of x*`) is `one_of` or `all_of` over the searches it stands for.
struct condition {
    enum class kinds { all_of, one_of, negation, search };
    kinds kind = kinds::search;
    std::vector<condition> parts = {};
    std::size_t search = 0;  // the place of its name among those the condition was parsed with
    bool operator==(const condition&) const = default;
};

struct condition_fault {
    std::size_t offset = 0;  // into the text
    std::string detail;
};

/// `not` before `and` before `or`, brackets, `1 of x*`, `all of x*`, `1 of them`, `any of` for `1 of`. Names with `_` in
/// front are meant only by patterns that begin so.
std::variant<condition, condition_fault> parse_condition(std::string_view text, std::span<const std::string> names);

}  // namespace carrel::sigma
