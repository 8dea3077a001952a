#pragma once

#include "http/limits.hpp"

#include <chrono>
#include <cstdint>

// How long a connection may take over what it does. Pure decisions; a sweep asks them.
namespace carrel::http {

using steady_time = std::chrono::steady_clock::time_point;

enum class reading { nothing, idle, head, body };

struct read_clock {
    reading what = reading::idle;
    steady_time since;
    std::uint64_t bytes = 0;  // of the body, since then
};

struct write_clock {
    steady_time since;
    steady_time progress;
};

bool has_expired(const read_clock& clock, const limits& bounds, steady_time now) noexcept;
bool has_expired(const write_clock& clock, const limits& bounds, steady_time now) noexcept;
/// For reading on after the last response.
bool linger_has_expired(const write_clock& clock, const limits& bounds, steady_time now) noexcept;

}  // namespace carrel::http
