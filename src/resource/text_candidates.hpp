#pragma once

#include "query/expression.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// The rows that a query may find, as a query of FTS5 over the folded words of a row's texts.
struct text_candidates {
    std::string match;   // empty: nothing is known without looking at the rows
    bool exact = false;  // the query finds all of them
};

/// `is_indexed` says whether the words of a field are in the index.
text_candidates candidates_of(const query::expression& of, const std::function<bool(std::string_view)>& is_indexed);

}  // namespace carrel::siem
