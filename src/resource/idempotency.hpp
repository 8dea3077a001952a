#pragma once

#include "resource/operation.hpp"

namespace carrel::siem {

/// How long a first outcome is kept.
inline constexpr timestamp idempotency_lifetime = timestamp{24} * 3600 * 1'000'000;

/// What the first request with a key led to, by operation, key and part (0 but for long ingests).
struct first_outcome {
    const idempotency* given = nullptr;
    std::string_view operation;  // its id: a key belongs to one operation
    std::int64_t part = 0;
    timestamp now = 0;
};

/// Fills `into` with the outcome kept for the key; false if there is none. Refuses a key that came with something else.
result<bool> recall(write_session& session, const first_outcome& of, reply& into);
/// Keeps `outcome`, and removes a few that have expired.
result<void> keep(write_session& session, const first_outcome& of, const reply& outcome);

/// What `check` returns for a body that it refuses: nothing if the request has an idempotency key, because then the
/// refusal is an outcome that must be kept; see `call::refused_by_check`.
std::optional<problem> refuse_body(call& request, problem why);

}  // namespace carrel::siem
