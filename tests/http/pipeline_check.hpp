#pragma once

#include "support/strict_http.hpp"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::testing {

/// What a server did with what one client sent: everything it sent back, until it closed.
using exchange_bytes = std::function<std::string(const std::string& sent)>;

/// A pipeline of a few requests, most of them mutated by some bytes.
std::string make_pipeline(std::mt19937& source, std::string_view authority);

/// Why the answer to `sent` is wrong; empty if it is right. Each reply belongs, in order, to a request that the strict
/// scanner finds valid; to one that is invalid or cut off there is at most one, which refuses and closes.
std::string find_violation(std::string_view sent, std::string_view received);

}  // namespace carrel::testing
