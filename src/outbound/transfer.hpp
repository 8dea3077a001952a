#pragma once

#include "outbound/lookup.hpp"
#include "outbound/redirect.hpp"

namespace carrel::outbound {

/// Sends one request to one of these addresses on a connection of its own and reads the answer, still packed.
base::outcome<response> transfer(const step& message, const addresses& where, const policy& rules,
                                 std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);

}  // namespace carrel::outbound
