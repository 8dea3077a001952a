#pragma once

#include "base/time.hpp"
#include "siem/playbooks/step_definition.hpp"

#include <algorithm>

namespace carrel::siem {

/// How long after its `attempts`th failure a step is tried again: twice as long each time, an hour at most.
constexpr timestamp retry_delay(std::int64_t first_s, std::int64_t attempts) noexcept {
    std::int64_t seconds = first_s;
    for (std::int64_t i = 1; i < attempts && seconds < retry_delay_s_max; ++i) seconds *= 2;
    return std::min(seconds, retry_delay_s_max) * 1'000'000;
}

}  // namespace carrel::siem
