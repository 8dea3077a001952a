#pragma once

#include "indicators/address.hpp"
#include "indicators/kinds.hpp"
#include "query/required.hpp"

#include <string_view>

namespace carrel::siem {

/// Which words an event has in which some value is or holds an indicator, however it is written there.
query::requirement words_of(indicators::kind of, std::string_view normalized);

}  // namespace carrel::siem
