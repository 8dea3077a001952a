#pragma once

#include "sigma/value.hpp"

#include <optional>
#include <string>

namespace carrel::sigma {

/// Compiles a rule's regular expressions, within bounds for all of them together. They are RE2's: matched in time linear
/// in the value, and so without lookaround and back references.
class regex_check {
public:
    /// Why the expression cannot be used; nothing if it can.
    std::optional<std::string> refuse(const regular_expression& expression);

private:
    std::size_t count_ = 0, program_ = 0;
};

/// The expression with its flags in front, as RE2 takes it.
std::string with_flags(const regular_expression& expression);

}  // namespace carrel::sigma
