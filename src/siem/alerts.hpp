#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

const resource& alerts();
/// Their full text; also says which rows the counts know.
const text_index& alert_text();
std::vector<operation> alert_operations();

}  // namespace carrel::siem
