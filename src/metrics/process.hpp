#pragma once

#include <optional>

namespace carrel::metrics {

/// What the system says of this process; nothing where it says nothing.
struct process_state {
    std::optional<double> cpu_seconds, start_seconds;
    std::optional<double> resident_bytes, virtual_bytes;
    std::optional<double> descriptors, descriptors_max, threads;
};

/// Now. Any thread.
process_state process_now();

}  // namespace carrel::metrics
