#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

/// The request is complete: parses and checks its body. May refuse it.
void prepare(exchange& ex);

/// Runs a prepared request. Either answers it at once (`stage::done`, without telling the owner) or calls
/// `exchange::finish` once its job has completed.
void start(exchange& ex);

/// A request that was held: reads again from where it stood, or is answered with what it has.
void resume_read(exchange& ex);
void answer_held(exchange& ex);

}  // namespace carrel::http
