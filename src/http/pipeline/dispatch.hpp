#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

/// The request is complete: parses and checks its body. May refuse it.
void prepare(exchange& ex);

/// What a request's operation is to know of it before its check.
void note_operation(exchange& ex);

/// Runs a prepared request. Either answers it at once (`stage::done`, without telling the owner) or calls
/// `exchange::finish` once its job has completed.
void start(exchange& ex);

/// Makes the next piece of a streamed response; calls `exchange_owner::exchange_continued` once it is there.
void start_piece(exchange& ex);
/// Whether a streamed response ends with the piece that is ready.
bool is_last_piece(const exchange& ex) noexcept;

/// Answers a write with what it came to.
void conclude_write(exchange& ex, const result<void>& outcome);

/// A request that was held: reads again from where it stood, or is answered with what it has.
void resume_read(exchange& ex);
void answer_held(exchange& ex);

}  // namespace carrel::http
