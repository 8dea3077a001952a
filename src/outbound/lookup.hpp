#pragma once

#include "outbound/policy.hpp"
#include "outbound/url.hpp"

#include <chrono>
#include <stop_token>

namespace carrel::outbound {

/// The addresses of a URL's host that the policy lets a request go to; there is at least one. The name is looked up once:
/// what connects must use these and not ask again, for the next answer may be another.
base::outcome<addresses> look_up(const url& to, const policy& rules, std::chrono::steady_clock::time_point deadline,
                                 std::stop_token stop);

}  // namespace carrel::outbound
