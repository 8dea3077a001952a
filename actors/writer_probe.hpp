#pragma once

#include "actors/probe.hpp"

namespace carrel::detail {

/// What the writer counts.
struct writer_probe : actor_probe {
    counter reruns;
    counter commit_sequence;
    wait_counter commits;
    counter checkpoints;
    counter checkpoint_frames;
    counter checkpoint_errors;
    wait_counter checkpoint_times;
    counter wal_bytes;
    counter episodes;
    shared_counter waited;  // jobs that found the writer busy
};

}  // namespace carrel::detail
