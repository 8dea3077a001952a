#pragma once

#include "resource/operation.hpp"
#include "siem/event_range.hpp"

#include <cstdint>

namespace carrel::siem {

/// For `expect_cost`: the same for requests that look for the same in about as much time. A range that ends now is another
/// one at each request, so its length counts, by powers of two. Pages of one list are the same.
std::uint64_t cost_key(const operation& what, const call& request, const time_range& range);

}  // namespace carrel::siem
