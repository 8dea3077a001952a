#pragma once

#include <carrel/session.hpp>

#include <cstdint>

namespace carrel {

/// Says that the rest of a read costs about what earlier reads with this key cost: for work that takes long without one
/// long statement, as it runs many or looks at their rows with code of its own. The time of a single long statement is
/// known by its text; with a key it counts for the key instead. A key of 0 is none.
///
/// Errors: `errc::budget_exceeded` on a resident reader that knows the key as deep (return it: the read is run again on a
/// background reader).
CARREL_API result<void> expect_cost(read_session& session, std::uint64_t key) noexcept;

/// Says that the rest of a read takes long whatever earlier reads cost, so that no resident reader should begin it: for work that is
/// mostly the caller's own, such as parsing, which no budget interrupts. With `key` the readers learn how long it is.
///
/// Errors: `errc::budget_exceeded` on any resident reader (return it: the read is run again on a background reader).
CARREL_API result<void> expect_long(read_session& session, std::uint64_t key) noexcept;

}  // namespace carrel
