#pragma once

#include "query/expression.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace carrel::query {

/// Which tokens an event must have to match: a formula without negation. `anything` asks for none.
struct requirement {
    enum class kind { anything, path, token, all_of, one_of };
    kind is = kind::anything;
    std::uint64_t token = 0;  // of a path, or another one
    std::vector<requirement> parts;

    /// Evaluates the formula over sets of places as bits: `where(token, kind)` has those at which an event may be that has
    /// the token. It may have too many; where it never lacks one, neither does this.
    template <class Where>
    std::uint32_t places(const Where& where) const {
        std::uint32_t found = is == kind::one_of ? 0 : ~std::uint32_t{0};
        if (is == kind::path || is == kind::token) return where(token, is);
        for (const requirement& part : parts) {
            if (is == kind::one_of) found |= part.places(where);
            else found &= part.places(where);
            if (found == (is == kind::one_of ? ~std::uint32_t{0} : 0)) break;
        }
        return found;
    }
    /// Whether the formula holds for an event with the tokens for which `has(token)` says yes.
    template <class Has>
    bool holds(const Has& has) const {
        return places([&](std::uint64_t one, kind) { return has(one) ? ~std::uint32_t{0} : 0; }) != 0;
    }
    /// Whether it asks for a path anywhere.
    bool asks_for_path() const noexcept {
        return is == kind::path ||
               std::any_of(parts.begin(), parts.end(), [](const requirement& part) { return part.asks_for_path(); });
    }
};

/// What `token_reader` yields of every event that matches. Negations, prefixes, words that are found inside others and
/// the event's columns ask for nothing.
requirement required_tokens(const expression& of);

}  // namespace carrel::query
