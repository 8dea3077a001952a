#include "cli/retry.hpp"

#include <algorithm>
#include <charconv>

namespace carrel::cli {

std::optional<std::chrono::milliseconds> wait_before_retry(int attempts_made, int status,
                                                           std::string_view retry_after) {
    const bool is_passing = status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
    if (!is_passing || attempts_made >= attempts_max) return std::nullopt;

    constexpr int seconds_max = 60;
    int seconds = 0;
    const auto [end, wrong] = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    const bool is_requested = wrong == std::errc() && end != retry_after.data() && seconds >= 0;
    if (is_requested) return std::chrono::seconds(std::min(seconds, seconds_max));
    return std::chrono::milliseconds(100) * (1 << std::clamp(attempts_made - 1, 0, 6));
}

}  // namespace carrel::cli
