#pragma once

#include "siem/operation.hpp"

namespace carrel::siem {

/// How long a first outcome is kept.
inline constexpr timestamp idempotency_lifetime = timestamp{24} * 3600 * 1'000'000;

/// What the first request with a key led to, by key and part (0 but for long ingests).
struct first_outcome {
    const idempotency* asked = nullptr;
    std::int64_t part = 0;
    timestamp now = 0;
};

/// Fills `into` with the outcome kept for the key; false if there is none. Refuses a key that came with something else.
result<bool> recall(write_session& session, const first_outcome& of, reply& into);
/// Keeps `outcome`, and lets go of a few that have expired.
result<void> keep(write_session& session, const first_outcome& of, const reply& outcome);

}  // namespace carrel::siem
