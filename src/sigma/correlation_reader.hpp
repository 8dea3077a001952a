#pragma once

#include "sigma/correlation.hpp"
#include "sigma/fault_log.hpp"
#include "sigma/yaml.hpp"

namespace carrel::sigma {

/// Reads the map of a correlation rule; what is wrong goes to the log.
correlation read_correlation(const yaml_node& map, fault_log& log);

}  // namespace carrel::sigma
