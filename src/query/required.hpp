#pragma once

#include "query/expression.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace carrel::query {

/// Which tokens an event must have to match: a formula without negation. `anything` asks for none.
struct requirement {
    enum class kind { anything, token, all_of, one_of };
    kind is = kind::anything;
    std::uint64_t token = 0;
    std::vector<requirement> parts;

    /// `has(token)` may say yes wrongly; where it never says no wrongly, neither does this.
    template <class Has>
    bool holds(const Has& has) const {
        const auto part_holds = [&](const requirement& part) { return part.holds(has); };
        switch (is) {
            case kind::token: return has(token);
            case kind::all_of: return std::all_of(parts.begin(), parts.end(), part_holds);
            case kind::one_of: return std::any_of(parts.begin(), parts.end(), part_holds);
            default: return true;
        }
    }
};

/// What `token_reader` yields of every event that matches. Negations, prefixes, words that are found inside others and
/// the event's columns ask for nothing.
requirement required_tokens(const expression& of);

}  // namespace carrel::query
