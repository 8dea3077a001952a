#pragma once

namespace carrel::base {

/// The digit of each value below 16.
inline constexpr char hex_digits[] = "0123456789abcdef";

}  // namespace carrel::base
