#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

const resource& events();
std::vector<operation> event_operations();

/// The operation behind `GET /events/histogram`.
operation histogram_operation();

}  // namespace carrel::siem
