#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Events of several rules or queries that belong together within a span of time.
const resource& correlation_rules();

}  // namespace carrel::siem
