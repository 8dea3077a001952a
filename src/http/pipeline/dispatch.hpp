#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

/// The request is complete: parses and checks its body. May refuse it.
void prepare(exchange& ex);

/// Runs a prepared request. Either answers it at once (`stage::done`, without telling the owner) or calls
/// `exchange::finish` once its job has completed.
void start(exchange& ex);

}  // namespace carrel::http
