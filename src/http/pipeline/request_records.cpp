#include "http/pipeline/request_records.hpp"

#include "http/pipeline/access_line.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/pipeline/request_spans.hpp"
#include "http/server_context.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/trace_exporter.hpp"

#include <chrono>
#include <exception>

namespace carrel::http {

request_records::request_records(server_context& server)
    : server_(&server) {
    if (server.access_lines) lines_ = &server.access_lines->add_lane();
    if (server.traces) spans_ = &server.traces->add_lane();
}

void request_records::note_trace(request_trace& into, const request_head& head) {
    if (head.has(field::traceparent)) {
        if (const auto given = telemetry::parse_traceparent(head[field::traceparent])) {
            into.trace = given->trace;
            into.parent = given->parent;
            into.is_known = into.has_parent = true;
            into.is_kept = spans_ != nullptr && server_->traces->keeps(*given);
        }
    }
    if (spans_ == nullptr) return;
    if (!into.has_parent) {
        into.trace = ids_.fresh_trace();
        into.is_known = into.is_kept = server_->traces->keeps(into.trace);
    }
    if (!into.is_kept) return;
    into.span = ids_.fresh_span();
    if (into.has_parent && telemetry::is_tracestate(head[field::tracestate]))
        into.state.assign(head[field::tracestate]);
}

// A line less is the least harm where there is no memory for it.
void request_records::write(const exchange& ended, siem::timestamp now) try {
    // A connection that ended within the header section of its request has from for nothing.
    if (ended.request.id.empty()) return;
    if (lines_ != nullptr) write_line(ended, now);
    if (spans_ == nullptr || !ended.request.trace.is_kept) return;
    room_.clear();
    append_spans(room_, ended, two_clocks::now(), ids_);
    spans_->put(room_);
} catch (const std::exception&) {
    return;
}

void request_records::write_line(const exchange& ended, siem::timestamp now) {
    const auto& from = ended.request;
    target_.clear();
    trace_text_.clear();
    const bool has_query = from.path_size < from.target.size();
    if (from.path_size > 0)
        append_safe_target(target_, from.path(),
                           has_query ? std::string_view(from.target).substr(from.path_size + 1) : std::string_view(),
                           from.endpoint);
    if (from.trace.is_known) telemetry::append_hex(trace_text_, from.trace.trace);
    const std::string client = from.client_address.text();
    access_entry entry;
    entry.at = now;
    entry.client = client;
    entry.principal = from.call.principal;
    entry.method = name_of(from.method);
    entry.target = target_;
    if (from.endpoint != nullptr) entry.route = from.endpoint->path;
    entry.is_http11 = from.is_http11;
    entry.status = ended.is_answered ? ended.response.status : static_cast<unsigned short>(0);
    entry.is_whole = ended.is_whole;
    entry.bytes = ended.sent_bytes;
    entry.took =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - from.found_at);
    entry.request_id = from.id;
    entry.trace_id = trace_text_;
    room_.clear();
    if (server_->access_lines->is_json()) append_access_json(room_, entry);
    else append_access_text(room_, entry);
    lines_->put(room_);
}

}  // namespace carrel::http
