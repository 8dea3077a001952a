#pragma once

#include "json/writer.hpp"
#include "telemetry/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::http {

using steady_time = std::chrono::steady_clock::time_point;

/// Now by both clocks: spans have the time of day, and a request has the other.
struct two_clocks {
    steady_time steady;
    std::int64_t unix_nanoseconds = 0;

    static two_clocks now() noexcept;
};

/// As OTLP's enumerations have them.
inline constexpr std::int64_t kind_internal = 1, kind_server = 2, status_error = 2;
/// In a span's flags: whether the parent is another process's is known, and it is.
inline constexpr std::int64_t flag_sampled = 0x01, flag_is_remote_known = 0x100, flag_is_remote = 0x200;

/// Writes the spans of one request as OTLP's JSON, with commas between. A span's members beyond what all have are written between
/// `begin` and the end of its object.
class span_writer {
public:
    /// Times are turned into those of day by `now`. All three must outlive this.
    span_writer(std::string& out, const telemetry::trace_id& trace, const two_clocks& now)
        : out_(&out),
          trace_(&trace),
          now_(&now) {}

    json::writer begin(const telemetry::span_id& span, const telemetry::span_id* parent, std::string_view name,
                       std::int64_t kind, steady_time from, steady_time to);

private:
    std::string unix_time(steady_time at) const;

    std::string* out_;
    const telemetry::trace_id* trace_;
    const two_clocks* now_;
    bool is_first_ = true;
};

/// Attributes, within the array that holds them. An empty text is left out.
void add_text(json::writer& to, std::string_view name, std::string_view value);
void add_number(json::writer& to, std::string_view name, std::uint64_t value);
void add_truth(json::writer& to, std::string_view name, bool value);
/// The member that says that what the span shows has failed.
void add_error_status(json::writer& to);

}  // namespace carrel::http
