#include "http/pipeline/request_spans.hpp"

#include "http/pipeline/access_line.hpp"
#include "http/pipeline/exchange.hpp"
#include "json/writer.hpp"

#include <algorithm>
#include <string_view>

namespace carrel::http {

namespace {

using steady_time = std::chrono::steady_clock::time_point;

// As OTLP's enumerations have them.
constexpr std::int64_t kind_internal = 1, kind_server = 2, status_error = 2;
// In a span's flags: whether the parent is another process's is known, and it is.
constexpr std::int64_t flag_sampled = 0x01, flag_is_remote_known = 0x100, flag_is_remote = 0x200;

// A span's members beyond what all have are written between `begin` and `end`.
class span_writer {
public:
    span_writer(std::string& out, const exchange& of, const two_clocks& now)
        : out_(&out),
          of_(&of),
          now_(&now) {}

    json::writer begin(const telemetry::span_id& span, const telemetry::span_id* parent, std::string_view name,
                       std::int64_t kind, steady_time from, steady_time to) {
        if (!is_first_) out_->push_back(',');
        is_first_ = false;
        json::writer made(*out_);
        made.begin_object().key("traceId").string(hex(of_->request.trace.trace)).key("spanId").string(hex(span));
        if (parent != nullptr) made.key("parentSpanId").string(hex(*parent));
        made.key("name").string(name).key("kind").integer(kind);
        made.key("startTimeUnixNano").string(unix_time(from)).key("endTimeUnixNano").string(unix_time(to));
        return made;
    }

private:
    template <class Bytes>
    static std::string hex(const Bytes& bytes) {
        std::string text;
        telemetry::append_hex(text, bytes);
        return text;
    }
    // 64-bit numbers are texts in OTLP's JSON.
    std::string unix_time(steady_time at) const {
        const auto before = std::chrono::duration_cast<std::chrono::nanoseconds>(now_->steady - at).count();
        return std::to_string(now_->unix_nanoseconds - std::max<std::int64_t>(0, before));
    }

    std::string* out_;
    const exchange* of_;
    const two_clocks* now_;
    bool is_first_ = true;
};

void add_text(json::writer& to, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    to.begin_object().key("key").string(name).key("value").begin_object();
    to.key("stringValue").string(value).end_object().end_object();
}

void add_number(json::writer& to, std::string_view name, std::uint64_t value) {
    to.begin_object().key("key").string(name).key("value").begin_object();
    to.key("intValue").string(std::to_string(value)).end_object().end_object();
}

std::string_view method_text(const request& of) noexcept {
    return of.method == method::other ? std::string_view("_OTHER") : name_of(of.method);
}

void add_attributes(json::writer& to, const exchange& of) {
    const auto& from = of.request;
    std::string path, query;
    append_safe_target(path, from.path(), {}, from.endpoint);
    if (from.path_size > 0 && from.path_size < from.target.size())
        append_safe_query(query, std::string_view(from.target).substr(from.path_size + 1), from.endpoint);
    add_text(to, "http.request.method", method_text(from));
    add_text(to, "url.path", path);
    add_text(to, "url.query", query);
    add_text(to, "url.scheme", from.call.is_encrypted ? "https" : "http");
    if (from.endpoint != nullptr) add_text(to, "http.route", from.endpoint->path);
    add_text(to, "client.address", from.client_address.text());
    add_text(to, "network.protocol.version", from.is_http11 ? "1.1" : "1.0");
    add_number(to, "http.request.body.size", from.body_seen);
    if (of.is_answered) {
        add_number(to, "http.response.status_code", of.response.status);
        add_number(to, "http.response.body.size", of.sent_bytes);
    }
    if (of.response.commit != 0) add_number(to, "carrel.commit", of.response.commit);
    add_text(to, "carrel.request_id", from.id);
    if (!of.is_whole) add_text(to, "error.type", "cut_off");
    else if (of.response.status >= 500) add_text(to, "error.type", std::to_string(of.response.status));
}

void append_request(span_writer& to, const exchange& of, const two_clocks& now) {
    const auto& from = of.request;
    const auto& trace = from.trace;
    std::string name(method_text(from) == "_OTHER" ? "HTTP" : method_text(from));
    if (from.endpoint != nullptr) name.append(" ").append(from.endpoint->path);
    auto span =
        to.begin(trace.span, trace.has_parent ? &trace.parent : nullptr, name, kind_server, from.found_at, now.steady);
    if (!trace.state.empty()) span.key("traceState").string(trace.state);
    span.key("flags").integer(flag_sampled | flag_is_remote_known | (trace.has_parent ? flag_is_remote : 0));
    span.key("attributes").begin_array();
    add_attributes(span, of);
    span.end_array();
    if (!of.is_whole || of.response.status >= 500)
        span.key("status").begin_object().key("code").integer(status_error).end_object();
    span.end_object();
}

std::string_view work_of(const exchange& ex) noexcept {
    const auto* endpoint = ex.request.endpoint;
    if (endpoint == nullptr || (endpoint->operation == nullptr && !endpoint->takes_shipper())) return "handle";
    return endpoint->writes() ? "write" : "read";
}

}  // namespace

two_clocks two_clocks::now() noexcept {
    using namespace std::chrono;
    return {steady_clock::now(), duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count()};
}

void append_spans(std::string& out, const exchange& ended, const two_clocks& now, telemetry::trace_id_source& ids) {
    span_writer to(out, ended, now);
    append_request(to, ended, now);
    const auto add_stage = [&](std::string_view name, steady_time from, steady_time until) {
        auto span = to.begin(ids.fresh_span(), &ended.request.trace.span, name, kind_internal, from, until);
        span.key("flags").integer(flag_sampled | flag_is_remote_known).end_object();
    };
    const auto& times = ended.times;
    const steady_time never{};
    if (times.whole != never) add_stage("receive", ended.request.found_at, times.whole);
    if (times.whole != never && times.begun > times.whole) add_stage("wait", times.whole, times.begun);
    if (times.begun != never) add_stage(work_of(ended), times.begun, times.ready != never ? times.ready : now.steady);
    if (times.ready != never) add_stage("respond", times.ready, now.steady);
    out.push_back('\n');
}

}  // namespace carrel::http
