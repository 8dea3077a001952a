#pragma once

#include "siem/operation.hpp"

namespace carrel::siem {

/// A problem made of its faults; there must be one. The detail tells the first.
problem problem_of(problem_code code, std::vector<fault> faults);
problem problem_of(problem_code code, std::string field, std::string detail);

/// `what` is the noun: alert, event.
problem not_found(std::string_view what, std::string_view id);

}  // namespace carrel::siem
