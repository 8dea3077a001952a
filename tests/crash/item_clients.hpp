#pragma once

#include "crash/history.hpp"

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace carrel::testing {

/// How much a run does, and what of it is large enough to spill a page cache of 256 KiB.
struct item_load {
    std::size_t clients = 8;
    std::size_t jobs = 100;
    unsigned large_percent = 12;
    unsigned failing_percent = 25;
    unsigned normal_percent = 10;  // at durability::normal
};

/// Clients that each send one job after the other, of all kinds and sizes, failing ones included. `acknowledged` is called
/// on the writer's thread at the moment of each acknowledgement, with the job's number. Returns once all have been
/// answered; the history in the order of their numbers.
std::vector<item_job> run_item_clients(database& db, const item_load& load, std::mt19937_64& random,
                                       const std::function<void(std::uint64_t)>& acknowledged);

}  // namespace carrel::testing
