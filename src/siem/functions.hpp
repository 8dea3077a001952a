#pragma once

#include <carrel/options.hpp>

#include <span>

namespace carrel::siem {

/// SQL functions that the domain's queries call; give them to `options::functions`.
///
/// `carrel_holds(list, text)`: 1 if a JSON array holds the string, else NULL.
std::span<const text_function> functions();

}  // namespace carrel::siem
