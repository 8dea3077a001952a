#include "http/pipeline/request_spans.hpp"

#include "http/pipeline/access_line.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/pipeline/job_spans.hpp"

#include <array>
#include <span>
#include <string_view>

namespace carrel::http {

namespace {

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
    if (of.jobs != nullptr && of.jobs->left_out() > 0) add_number(to, "carrel.jobs_left_out", of.jobs->left_out());
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
    if (!of.is_whole || of.response.status >= 500) add_error_status(span);
    span.end_object();
}

std::string_view work_of(const exchange& ex) noexcept {
    const auto* endpoint = ex.request.endpoint;
    if (endpoint == nullptr || (endpoint->operation == nullptr && !endpoint->takes_shipper())) return "handle";
    return endpoint->writes() ? "write" : "read";
}

}  // namespace

void append_spans(std::string& out, const exchange& ended, const two_clocks& now, telemetry::trace_id_source& ids) {
    span_writer to(out, ended.request.trace.trace, now);
    append_request(to, ended, now);
    std::array<parent_span, 5> parents{{{ended.request.trace.span, ended.request.found_at, now.steady}}};
    std::size_t count = 1;
    const auto add_stage = [&](std::string_view name, steady_time from, steady_time until) {
        const auto& made = parents[count++] = {ids.fresh_span(), from, until};
        auto span = to.begin(made.id, &ended.request.trace.span, name, kind_internal, from, until);
        span.key("flags").integer(flag_sampled | flag_is_remote_known).end_object();
    };
    const auto& times = ended.times;
    const steady_time never{};
    if (times.whole != never) add_stage("receive", ended.request.found_at, times.whole);
    if (times.whole != never && times.begun > times.whole) add_stage("wait", times.whole, times.begun);
    if (times.begun != never) add_stage(work_of(ended), times.begun, times.ready != never ? times.ready : now.steady);
    if (times.ready != never) add_stage("respond", times.ready, now.steady);
    if (ended.jobs != nullptr) {
        const auto operation = ended.request.endpoint != nullptr ? ended.request.endpoint->id : std::string_view();
        for (const auto& each : ended.jobs->kept())
            append_job_spans(to, each, operation, std::span(parents.data(), count), ids);
    }
    out.push_back('\n');
}

}  // namespace carrel::http
