#pragma once

#include "resource/resource.hpp"

#include <array>

namespace carrel::siem {

/// Kept in the database by place: only ever append. The first two are not at their end.
enum class hunt_status { pending, running, completed, failed, cancelled };
inline constexpr std::array<std::string_view, 5> hunt_statuses = {"pending", "running", "completed", "failed",
                                                                  "cancelled"};

/// Searches of stored events for indicators.
const resource& hunts();
/// What events had which indicator, as hunts and the intake found out.
const resource& ioc_matches();

inline constexpr std::int64_t hunt_iocs_max = 100;
/// Of one hunt; what is beyond is counted only.
inline constexpr std::int64_t hunt_matches_max = 10'000;
/// That are not at their end.
inline constexpr std::int64_t open_hunts_max = 100;

}  // namespace carrel::siem
