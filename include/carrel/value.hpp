#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel {

using blob = std::vector<std::byte>;
using blob_view = std::span<const std::byte>;

/// A value that owns its bytes, for statements whose parameters are known at run time only.
/// `std::monostate` is SQL NULL. Integers keep all 64 bits.
using value = std::variant<std::monostate, std::int64_t, double, std::string, blob>;

enum class value_type { integer = 1, real = 2, text = 3, bytes = 4, null = 5 };

}  // namespace carrel
