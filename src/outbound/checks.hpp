#pragma once

#include "outbound/policy.hpp"

#include <string>
#include <string_view>

// What is looked at when something is stored that is to be sent later. Nothing is sent here, no name is looked up.
namespace carrel::outbound {

/// What is wrong with a URL; empty if nothing is. An address that may not be reached is refused at once; what a name stands for is
/// looked at when it is used, for only then it matters.
std::string fault_in_url(std::string_view text, const policy& rules);

/// Whether a header can go along with a request.
bool is_sendable(std::string_view name, std::string_view value);

}  // namespace carrel::outbound
