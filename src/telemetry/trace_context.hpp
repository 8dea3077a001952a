#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace carrel::telemetry {

using trace_id = std::array<std::uint8_t, 16>;
using span_id = std::array<std::uint8_t, 8>;

/// What a caller says of the trace that its request belongs to (W3C Trace Context, level 1).
struct trace_context {
    trace_id trace{};
    span_id parent{};  ///< The caller's span.
    bool is_sampled = false;

    bool operator==(const trace_context&) const = default;
};

/// The value of one `traceparent`; nothing if it is malformed, which counts as if there were none. Of a version that is not
/// known yet what version 00 has is read, as the recommendation requires.
std::optional<trace_context> parse_traceparent(std::string_view value) noexcept;

/// Whether the members of a `tracestate` are as the recommendation has them: at most 32, keys and values within their grammar,
/// no key twice. One of more than 512 bytes is not taken.
bool is_tracestate(std::string_view value) noexcept;

/// Lower-case hexadecimal digits, two a byte.
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);

/// The share of new traces that are kept. The decision follows from the trace's id alone, so that all who decide by the same
/// ratio decide alike.
class sample_ratio {
public:
    /// From 0, none, to 1, all.
    explicit sample_ratio(double ratio) noexcept;
    bool keeps(const trace_id& trace) const noexcept;

private:
    std::uint64_t bound_;  // of 63 bits
};

/// Makes ids that nobody else makes; they are no secrets. Seeded from the operating system. Not thread-safe: one a thread.
class trace_id_source {
public:
    trace_id_source();
    trace_id fresh_trace();
    span_id fresh_span();

private:
    std::mt19937_64 random_;
};

}  // namespace carrel::telemetry
