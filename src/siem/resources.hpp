#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Every aggregate. Valid for the life of the program.
std::span<const resource* const> resources();
/// The aggregate with this table; null if there is none.
const resource* resource_of(std::string_view table);

}  // namespace carrel::siem
