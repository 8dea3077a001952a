#pragma once

#include <chrono>
#include <cstddef>

namespace carrel::http {

/// Bounds on what one client may cost. Times are checked by a sweep, so they are exact to `sweep_interval`.
struct limits {
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t fields_max = 100;
    std::size_t target_bytes_max = 8 * 1024;
    std::size_t body_bytes_max = 1 << 20;     ///< JSON bodies.
    std::size_t event_bytes_max = 64u << 20;  ///< Events of one request, unpacked.
    std::size_t pipeline_max = 16;            ///< Requests of one connection in flight.
    std::size_t requests_per_connection_max = 10'000;
    std::size_t connections_max = 0;                  ///< 0: the smaller of 16384 and RLIMIT_NOFILE - 256.
    std::chrono::milliseconds head_time_max{10'000};  ///< From the first byte of a request to the end of its head.
    std::chrono::milliseconds body_time_max{30'000};  ///< Extended by a second for every `body_rate_min` bytes.
    std::size_t body_rate_min = 1'024;
    std::chrono::milliseconds write_progress_max{10'000};  ///< Without a byte taken by the client.
    std::chrono::milliseconds write_time_max{60'000};
    std::chrono::milliseconds idle_time_max{60'000};
    std::chrono::milliseconds linger_time_max{30'000};  ///< Reading on after a refusal, so that the client can read it.
    std::chrono::milliseconds linger_progress_max{5'000};
    std::chrono::milliseconds sweep_interval{1'000};
};

}  // namespace carrel::http
