#include "cli/retry.hpp"

#include "outbound/retry_after.hpp"

#include <algorithm>

namespace carrel::cli {

std::optional<std::chrono::milliseconds> wait_before_retry(int attempts_made, int status,
                                                           std::string_view retry_after) {
    const bool is_passing = status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
    if (!is_passing || attempts_made >= attempts_max) return std::nullopt;

    if (const auto wanted = outbound::parse_retry_after(retry_after, std::chrono::system_clock::now())) return *wanted;
    return std::chrono::milliseconds(100) * (1 << std::clamp(attempts_made - 1, 0, 6));
}

}  // namespace carrel::cli
