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
    R"({"type":"object","required":["accepted","rejected","errors","first_id","last_id","untimed","duplicates"],"properties":{)"
    R"("accepted":{"type":"integer"},"rejected":{"type":"integer"},"errors":{"type":"array","items":{"type":"object",)"
    R"("properties":{"line":{"type":"integer"},"detail":{"type":"string"}}}},)"
    R"("first_id":{"type":["string","null"]},"last_id":{"type":["string","null"]},)"
    R"("untimed":{"type":"integer"},"duplicates":{"type":"integer"}}})";

constexpr std::string_view member_path_schema = R"({"type":"string","minLength":1,"maxLength":256})";
constexpr std::size_t member_path_max = 256;

bool is_member_path(std::string_view text) {
    return !text.empty() && text.size() <= member_path_max && text.front() != '.' && text.back() != '.' &&
           text.find("..") == text.npos;
}

std::optional<problem> check_ingest(const operation& of, call& request) {
    if (auto why = check_address(of, request)) return why;
    auto wanted = std::make_unique<ingest_input>();
    for (const auto& [name, value] : request.query) {
        std::string& into = name == "unwrap" ? wanted->unwrap : wanted->identity_path;
        if (!into.empty())
            return problem{problem_code::bad_request, "`" + name + "` is given twice", {{name, 0, "is given twice"}}};
        if (!is_member_path(value)) {
            const std::string detail = "must be the path of a member, `a` or `a.b`, of at most 256 bytes";
            return problem{problem_code::bad_request, "`" + name + "` " + detail, {{name, 0, detail}}};
        }
        into = value;
    }
    request.parsed = std::move(wanted);
    return std::nullopt;
}

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
    made.parameters = {
        {"unwrap", member_path_schema, false, "Takes the elements of the array at this path of each document."},
        {"ingest_id", member_path_schema, false,
         "The member that holds an event's identity: one that comes again is not stored again."},
    };
    made.check = check_ingest;
    return made;
}

}  // namespace

std::unique_ptr<event_body> make_body(bool is_line_by_line, const std::string& unwrap) {
    if (!unwrap.empty()) return make_unwrapped_body(unwrap, is_line_by_line);
    return is_line_by_line ? make_line_body() : make_element_body();
}

const resource& events() {
    static const resource instance({
        .name = "event",
        .plural = "events",
        .reads = permission::read_events,
        .writes = permission::write_events,
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
