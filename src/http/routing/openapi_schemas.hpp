#pragma once

#include <string>
#include <string_view>

namespace carrel::http {

inline constexpr std::string_view problem_schema =
    R"({"type":"object","properties":{"type":{"type":"string"},"title":{"type":"string"},)"
    R"("status":{"type":"integer","format":"int32"},"detail":{"type":"string"},"instance":{"type":"string"},)"
    R"("request_id":{"type":"string"},"errors":{"type":"array","maxItems":100,"items":{"type":"object","properties":{)"
    R"("field":{"type":"string"},"line":{"type":"integer","format":"int64"},"detail":{"type":"string"}},)"
    R"("required":["detail"]}},"errors_omitted":{"type":"integer","format":"int64"}},)"
    R"("required":["type","title","status","detail","instance","request_id"],"additionalProperties":true})";

inline constexpr std::string_view one_pool_schema =
    R"({"type":"object","properties":{"max_open":{"type":"integer"},"open":{"type":"integer"},"in_use":{"type":"integer"},)"
    R"("idle":{"type":"integer"},"wait_count":{"type":"integer"},"wait_seconds_total":{"type":"number"},)"
    R"("closed_max_idle":{"type":"integer"},"closed_idle_time":{"type":"integer"},"closed_lifetime":{"type":"integer"},)"
    R"("utilization":{"type":"number"},"exhaustion_episodes":{"type":"integer"}}})";

/// Any object is an event; what is taken from it is described in the documentation of events.
inline constexpr std::string_view event_input_schema = R"({"type":"object","additionalProperties":true})";
/// One object alone is taken, too. It is not in the document: of a `oneOf` with an array some generators make code that does
/// not compile.
inline constexpr std::string_view event_batch_schema =
    R"({"type":"array","items":{"$ref":"#/components/schemas/event_input"}})";

/// The schema with what generators of clients need: every integer has 64 bits, an object of unknown members says so.
std::string completed(std::string_view schema);

}  // namespace carrel::http
