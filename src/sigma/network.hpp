#pragma once

#include "sigma/value.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace carrel::sigma {

/// `10.0.0.0/8`, `fe80::/10`, or one address; else why the text is none.
std::variant<network, std::string> parse_network(std::string_view text);

}  // namespace carrel::sigma
