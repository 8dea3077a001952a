#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// POST /{id}/lifecycle of a resource with the fields `lifecycle`, `deprecated_at`, `deprecated_reason`, `deprecated_by` and
/// `sunset_at`: rules and field mappings.
state_machine lifecycle_machine(std::string_view field);

}  // namespace carrel::siem
