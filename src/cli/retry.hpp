#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace carrel::cli {

inline constexpr int attempts_max = 8;

/// How long to wait before a request is sent again, or nothing if it is not to be sent again. `status` is that of the
/// reply, 0 when the connection was lost; `retry_after` the reply's field, seconds or a date. The request must be one
/// that may be applied twice, or carry an idempotency key.
std::optional<std::chrono::milliseconds> wait_before_retry(int attempts_made, int status, std::string_view retry_after);

}  // namespace carrel::cli
