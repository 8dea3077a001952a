#pragma once

#include "base/time.hpp"
#include "http/pipeline/request_trace.hpp"
#include "http/protocol/request_parser.hpp"
#include "telemetry/record_queue.hpp"
#include "telemetry/trace_context.hpp"

#include <string>

namespace carrel::http {

class exchange;
struct server_context;

/// What one shard keeps of its requests beside their answers: the traces that they belong to, lines of the access log, spans.
/// Touched only by the shard's thread.
class request_records {
public:
    explicit request_records(server_context& server);

    /// Takes over the trace that the headers name, or begins one if traces are sent.
    void note_trace(request_trace& into, const request_head& head);
    /// The request is over, answered or not.
    void note_end(const exchange& ended, siem::timestamp now) {
        if (lines_ != nullptr || spans_ != nullptr) write(ended, now);
    }

private:
    void write(const exchange& ended, siem::timestamp now);
    void write_line(const exchange& ended, siem::timestamp now);

    server_context* server_;
    telemetry::record_queue::lane* lines_ = nullptr;  // null: no access log
    telemetry::record_queue::lane* spans_ = nullptr;  // null: no traces are sent
    telemetry::trace_id_source ids_;
    std::string room_, target_, trace_text_;  // their memory is reused
};

}  // namespace carrel::http
