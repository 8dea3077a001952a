#pragma once

#include "sqlite/failpoints.hpp"

// The names by which actors/ asks so far; nothing new includes this.
namespace carrel::canary {

using fault = failpoint;
using failpoints::checkpoint_elsewhere;
inline constexpr bool is_built_in = failpoints::are_built_in;
inline bool sings(fault which) noexcept { return failpoints::is_set(which); }

}  // namespace carrel::canary
