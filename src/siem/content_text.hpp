#pragma once

#include "resource/operation.hpp"
#include "sigma/fault.hpp"

// Texts of detection content that a member holds: what is wrong with them, by the member and the place in it.
namespace carrel::siem {

void add_faults(std::string_view field, const sigma::faults& wrong, std::vector<fault>& into);
/// The text must be a query of events.
void check_query(std::string_view field, std::string_view text, std::vector<fault>& into);

}  // namespace carrel::siem
