#pragma once

#include <string>
#include <string_view>

namespace carrel::archive {

inline constexpr std::size_t name_bytes_max = 1024;

/// Why an entry must not have this name, as a clause about it; empty if it may: a relative path in UTF-8 that stays below
/// the place where it is unpacked.
std::string_view name_fault(std::string_view name) noexcept;

/// The name without what says nothing in it: `./rules/a.yml` is `rules/a.yml`.
std::string_view plain_name(std::string_view name) noexcept;

/// A name as an error may show it: cut, and its control characters and stray bytes as `\x1b`.
std::string shown_name(std::string_view name);

}  // namespace carrel::archive
