#pragma once

#include "sigma/condition.hpp"
#include "sigma/value.hpp"

#include <string>
#include <vector>

namespace carrel::sigma {

/// A test of one field, or, without a field, of all values of the event.
struct field_test {
    std::string field;
    std::vector<std::string> modifiers;  // as they are written
    std::vector<value> values;           // with all modifiers applied
    bool all = false;                    // each value must match; else one
    bool negated = false;                // and the test is whether that is not so
    bool operator==(const field_test&) const = default;
};

/// What a name of the detection stands for: a map (`all_of`), a list (`one_of`), a test.
struct search {
    enum class kinds { all_of, one_of, test };
    kinds kind = kinds::test;
    std::vector<search> parts = {};
    field_test test = {};
    bool operator==(const search&) const = default;
};
struct named_search {
    std::string name;
    search is;
    bool operator==(const named_search&) const = default;
};

struct detection {
    std::vector<named_search> searches;
    condition when;  // over `searches`
    bool operator==(const detection&) const = default;
};

}  // namespace carrel::sigma
