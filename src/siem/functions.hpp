#pragma once

#include <carrel/options.hpp>

#include <span>

namespace carrel::siem {

/// SQL functions that the domain's queries call; give them to `options::functions`.
///
/// `carrel_field(fields, key)`: the value of a top-level key of a JSON object as text (strings decoded, anything else as
/// it stands), NULL if the key is absent.
std::span<const text_function> functions();

}  // namespace carrel::siem
