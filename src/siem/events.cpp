#include "siem/events.hpp"

namespace carrel::siem {

namespace {

std::vector<field> event_fields() {
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "timestamp", .kind = field_kind::time, .from = origin::now, .summary = "When it happened."},
        {.name = "received_at", .kind = field_kind::time, .from = origin::now},
        {.name = "source", .from = origin::server},
        {.name = "host", .from = origin::server},
        {.name = "channel", .from = origin::server},
        {.name = "event_code", .from = origin::server},
        {.name = "severity", .from = origin::server},
        {.name = "fields",
         .kind = field_kind::object,
         .from = origin::server,
         .required = true,
         .summary = "As it came."},
    };
}

std::vector<filter> event_filters() {
    return {
        {.name = "host", .column = "host"},
        {.name = "source", .column = "source"},
        {.name = "channel", .column = "channel"},
        {.name = "event_code", .column = "event_code"},
        {.name = "severity", .column = "severity"},
        {.name = "from", .kind = filter_kind::time_from, .column = "timestamp", .summary = "At or after."},
        {.name = "to", .kind = filter_kind::time_to, .column = "timestamp", .summary = "Before."},
        {.name = "field",
         .kind = filter_kind::member,
         .column = {},
         .summary = "Equals a top-level member of `fields`: a string's value, else the text as it came."},
        {.name = "q",
         .kind = filter_kind::query,
         .column = {},
         .summary = "A query: words, phrases, fields, NOT, OR and parentheses."},
    };
}

constexpr std::string_view ingest_schema =
    R"({"type":"object","required":["accepted","rejected","errors","first_id","last_id"],"properties":{)"
    R"("accepted":{"type":"integer"},"rejected":{"type":"integer"},"errors":{"type":"array","items":{"type":"object",)"
    R"("properties":{"line":{"type":"integer"},"detail":{"type":"string"}}}},)"
    R"("first_id":{"type":["string","null"]},"last_id":{"type":["string","null"]}}})";

operation ingest_operation() {
    operation made;
    made.method = method::post;
    made.path = "/events";
    made.id = "ingest_events";
    made.summary = "Stores events: one object, an array, or one object per line.";
    made.body = body_kind::event_stream;
    made.reply_schema = ingest_schema;
    made.success = outcome::created;
    made.of = &events();
    made.check = check_address;
    return made;
}

}  // namespace

const resource& events() {
    static const resource instance({
        .name = "event",
        .plural = "events",
        .fields = event_fields(),
        .filters = event_filters(),
        .sorts = {"timestamp"},
    });
    return instance;
}

std::vector<operation> event_operations() {
    return {ingest_operation(),       event_list_operation(),   event_count_operation(), histogram_operation(),
            event_top_operation(),    event_values_operation(), event_stats_operation(), event_get_operation(),
            event_around_operation(), events_get_operation(),   event_feed_operation()};
}

}  // namespace carrel::siem
