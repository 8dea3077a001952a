#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::sqlite {

inline constexpr std::size_t statement_text_max = 2'048;  // bytes

/// A statement without its values: `?` for every literal and parameter, no comments, one blank between words. Lists of
/// values become `?, ...` and rows of them `(?), ...`, so that statements that differ in their number are one. A text
/// beyond the bound is cut and ends in ` ...`.
std::string normalised(std::string_view sql);

/// Of a normalised statement: by which the registry of queries knows it. Below 2^63.
std::uint64_t key_of(std::string_view normalised) noexcept;

}  // namespace carrel::sqlite
