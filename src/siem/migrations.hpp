#pragma once

#include <carrel/options.hpp>

#include <span>

namespace carrel::siem {

/// The schema of the domain, in numbered steps. Valid for the life of the program.
std::span<const migration> migrations();

}  // namespace carrel::siem
