#pragma once

#include "base/time.hpp"

#include <carrel/session.hpp>

#include <cstdint>

// What goes by itself: see periodic_jobs.
namespace carrel::siem {

/// Whether there are dead letters of more than thirty days, or more of them than are kept.
result<bool> has_old_dead_letters(read_session& session, timestamp now);
/// Removes some of them. How many.
result<std::int64_t> drop_old_dead_letters(write_session& session, timestamp now);

}  // namespace carrel::siem
