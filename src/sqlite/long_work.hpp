#pragma once

#include <cstdint>

namespace carrel::sqlite {

/// Of the keys and fingerprints that costs are known by, those with this bit are of work that no resident reader begins.
inline constexpr std::uint64_t long_work = std::uint64_t{1} << 63;

}  // namespace carrel::sqlite
