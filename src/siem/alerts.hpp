#pragma once

#include "siem/resource.hpp"

namespace carrel::siem {

/// The alerts of api.md section 4.
const resource& alerts();
std::vector<operation> alert_operations();

}  // namespace carrel::siem
