#include "http/pipeline/span_writer.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

template <class Bytes>
std::string hex(const Bytes& bytes) {
    std::string text;
    telemetry::append_hex(text, bytes);
    return text;
}

}  // namespace

// A thread that loses its processor between the looks at the two clocks would move the times of its spans by as long: of some
// pairs the closest counts.
two_clocks two_clocks::now() noexcept {
    using namespace std::chrono;
    constexpr int looks_max = 8;
    constexpr microseconds close_enough{10};
    two_clocks closest{};
    auto least = steady_clock::duration::max();
    for (int looks = 0; looks < looks_max && least > close_enough; ++looks) {
        const auto before = steady_clock::now();
        const auto unix_time = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
        const auto apart = steady_clock::now() - before;
        if (apart >= least) continue;
        least = apart;
        closest = {before, unix_time};
    }
    return closest;
}

json::writer span_writer::begin(const telemetry::span_id& span, const telemetry::span_id* parent, std::string_view name,
                                std::int64_t kind, steady_time from, steady_time to) {
    if (!is_first_) out_->push_back(',');
    is_first_ = false;
    json::writer made(*out_);
    made.begin_object().key("traceId").string(hex(*trace_)).key("spanId").string(hex(span));
    if (parent != nullptr) made.key("parentSpanId").string(hex(*parent));
    made.key("name").string(name).key("kind").integer(kind);
    made.key("startTimeUnixNano").string(unix_time(from)).key("endTimeUnixNano").string(unix_time(to));
    return made;
}

// 64-bit numbers are texts in OTLP's JSON.
std::string span_writer::unix_time(steady_time at) const {
    const auto before = std::chrono::duration_cast<std::chrono::nanoseconds>(now_->steady - at).count();
    return std::to_string(now_->unix_nanoseconds - std::max<std::int64_t>(0, before));
}

void add_text(json::writer& to, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    to.begin_object().key("key").string(name).key("value").begin_object();
    to.key("stringValue").string(value).end_object().end_object();
}

void add_number(json::writer& to, std::string_view name, std::uint64_t value) {
    to.begin_object().key("key").string(name).key("value").begin_object();
    to.key("intValue").string(std::to_string(value)).end_object().end_object();
}

void add_truth(json::writer& to, std::string_view name, bool value) {
    to.begin_object().key("key").string(name).key("value").begin_object();
    to.key("boolValue").boolean(value).end_object().end_object();
}

void add_error_status(json::writer& to) {
    to.key("status").begin_object().key("code").integer(status_error).end_object();
}

}  // namespace carrel::http
