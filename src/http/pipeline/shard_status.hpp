#pragma once

#include "http/pipeline/ingest_counts.hpp"
#include "http/pipeline/response_counts.hpp"
#include "http/pipeline/response_times.hpp"

#include <atomic>
#include <chrono>

namespace carrel::http {

/// What a shard shows of itself. Written by its thread, read by any.
struct shard_status {
    explicit shard_status(std::size_t endpoints)
        : times(endpoints) {}

    /// When the shard's loop last took a turn.
    std::atomic<std::chrono::steady_clock::time_point> last_turn{};
    /// False from a failure of the shard's own (memory, in all likelihood) until its self-check passes again.
    std::atomic<bool> works{true};
    response_counts counts;
    response_times times;  ///< By place of the endpoint; requests that none takes come last.
    ingest_counts ingest;
};

}  // namespace carrel::http
