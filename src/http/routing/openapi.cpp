#include "http/routing/openapi.hpp"

#include "http/protocol/problem.hpp"
#include "json/writer.hpp"

#include <map>
#include <set>

namespace carrel::http {

namespace {

constexpr std::string_view problem_schema =
    R"({"type":"object","properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},)"
    R"("detail":{"type":"string"},"instance":{"type":"string"},"request_id":{"type":"string"},"errors":{"type":"array",)"
    R"("items":{"type":"object","properties":{"field":{"type":"string"},"line":{"type":"integer"},)"
    R"("detail":{"type":"string"}},"required":["detail"]}}},)"
    R"("required":["type","title","status","detail","instance","request_id"]})";

constexpr std::string_view one_pool_schema =
    R"({"type":"object","properties":{"max_open":{"type":"integer"},"open":{"type":"integer"},"in_use":{"type":"integer"},)"
    R"("idle":{"type":"integer"},"wait_count":{"type":"integer"},"wait_seconds_total":{"type":"number"},)"
    R"("closed_max_idle":{"type":"integer"},"closed_idle_time":{"type":"integer"},"closed_lifetime":{"type":"integer"},)"
    R"("utilization":{"type":"number"},"exhaustion_episodes":{"type":"integer"}}})";

std::string_view key_of(siem::method method) noexcept {
    switch (method) {
        case siem::method::get: return "get";
        case siem::method::post: return "post";
        case siem::method::put: return "put";
        case siem::method::patch: return "patch";
        case siem::method::del: return "delete";
    }
    return {};
}

void write_parameter(json::writer& json, std::string_view place, std::string_view name, std::string_view schema,
                     bool required, std::string_view summary) {
    json.begin_object().key("name").string(name).key("in").string(place);
    if (required) json.key("required").boolean(true);
    if (!summary.empty()) json.key("description").string(summary);
    json.key("schema").raw(schema).end_object();
}

void write_path_parameters(json::writer& json, std::string_view path) {
    for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
        const auto name = path.substr(open + 1, path.find('}', open) - open - 1);
        write_parameter(json, "path", name, R"({"type":"string"})", true, {});
    }
}

void write_header_parameters(json::writer& json, const endpoint& each) {
    constexpr std::string_view text = R"({"type":"string"})";
    write_parameter(json, "header", "X-Request-Id", R"({"type":"string","pattern":"^[A-Za-z0-9._-]{1,128}$"})", false,
                    "Taken over into the reply.");
    if (each.operation == nullptr) return;
    write_parameter(json, "header", "Carrel-Timeout-Ms",
                    R"({"type":"integer","minimum":1,"maximum":60000,"default":5000})", false,
                    "The request's deadline.");
    if (each.method == siem::method::post)
        write_parameter(json, "header", "Idempotency-Key", R"({"type":"string","pattern":"^[!-~]{1,128}$"})", false,
                        "The first outcome is replayed for 24 h.");
    else if (each.method == siem::method::get)
        write_parameter(json, "header", "If-None-Match", text, false, "304 if the version is still this one.");
    else write_parameter(json, "header", "If-Match", text, false, "412 unless the version is one of these.");
}

void write_parameters(json::writer& json, const endpoint& each) {
    json.key("parameters").begin_array();
    write_path_parameters(json, each.path);
    if (each.operation != nullptr)
        for (const auto& doc : each.operation->parameters)
            write_parameter(json, "query", doc.name, doc.json_schema, doc.required, doc.summary);
    write_header_parameters(json, each);
    json.end_array();
}

void write_field_schema(json::writer& json, const siem::operation& operation) {
    json.begin_object().key("type").string("object").key("properties").begin_object();
    bool any_required = false;
    for (const auto& doc : operation.fields) {
        json.key(doc.name).raw(doc.json_schema);
        any_required = any_required || doc.required;
    }
    json.end_object();
    if (any_required) {
        json.key("required").begin_array();
        for (const auto& doc : operation.fields)
            if (doc.required) json.string(doc.name);
        json.end_array();
    }
    json.key("additionalProperties").boolean(false).end_object();
}

void write_media(json::writer& json, std::string_view type, const siem::operation& operation) {
    json.key(type).begin_object().key("schema");
    write_field_schema(json, operation);
    json.end_object();
}

void write_event_media(json::writer& json) {
    json.key("application/json")
        .begin_object()
        .key("schema")
        .raw(R"({"oneOf":[{"type":"object"},{"type":"array","items":{"type":"object"}}]})");
    json.end_object();
    json.key("application/x-ndjson").begin_object().key("schema").raw(R"({"type":"string"})").end_object();
}

void write_request_body(json::writer& json, const endpoint& each) {
    if (!each.takes_body()) return;
    json.key("requestBody").begin_object().key("required").boolean(true).key("content").begin_object();
    switch (each.operation->body) {
        case siem::body_kind::event_stream: write_event_media(json); break;
        case siem::body_kind::merge_patch:
            write_media(json, "application/merge-patch+json", *each.operation);
            [[fallthrough]];
        default: write_media(json, "application/json", *each.operation);
    }
    json.end_object().end_object();
}

void write_success(json::writer& json, std::string_view status, std::string_view description, std::string_view schema,
                   std::string_view type = "application/json") {
    json.key(status).begin_object().key("description").string(description);
    if (!schema.empty())
        json.key("content").begin_object().key(type).begin_object().key("schema").raw(schema).end_object().end_object();
    json.end_object();
}

void write_successes(json::writer& json, const endpoint& each) {
    const auto kind = each.operation != nullptr ? each.operation->success : siem::outcome::ok;
    if (each.is_event_stream() || kind == siem::outcome::created)
        write_success(json, "201", "Created", each.reply_schema);
    else if (kind == siem::outcome::no_content) write_success(json, "204", "Done", {});
    else write_success(json, "200", "OK", each.reply_schema, each.reply_type);
    if (kind == siem::outcome::created && !each.is_event_stream())
        write_success(json, "200", "Merged", each.reply_schema);
    if (each.what == action::ready) write_success(json, "503", "Not ready", each.reply_schema);
}

// The statuses an endpoint can refuse with.
std::set<unsigned short> refusals_of(const endpoint& each) {
    std::set<unsigned short> all{400, 421, 431, 500};
    if (each.operation == nullptr) return all;
    all.insert(503);
    if (each.path.find('{') != std::string::npos) all.insert(404);
    if (each.method == siem::method::get) {
        all.insert(504);
    } else {
        all.insert({403, 409, 412, 422, 507});
    }
    if (each.takes_body()) all.insert({413, 415});
    return all;
}

void write_responses(json::writer& json, const endpoint& each) {
    json.key("responses").begin_object();
    write_successes(json, each);
    for (const auto status : refusals_of(each))
        json.key(std::to_string(status)).raw(R"({"$ref":"#/components/responses/problem"})");
    json.end_object();
}

void write_operation(json::writer& json, const endpoint& each) {
    json.key(key_of(each.method)).begin_object();
    json.key("operationId").string(each.id).key("summary").string(each.summary);
    write_parameters(json, each);
    write_request_body(json, each);
    write_responses(json, each);
    json.end_object();
}

void write_components(json::writer& json) {
    json.key("components").begin_object().key("schemas").begin_object();
    for (const auto& [name, schema] : siem::schemas()) json.key(name).raw(schema);
    json.key("pool").raw(one_pool_schema).key("problem").raw(problem_schema).end_object();
    json.key("responses").begin_object().key("problem").begin_object();
    json.key("description").string("A problem document, RFC 9457");
    json.key("content").raw(R"({"application/problem+json":{"schema":{"$ref":"#/components/schemas/problem"}}})");
    json.end_object().end_object().end_object();
}

}  // namespace

std::string openapi_document(std::span<const endpoint> endpoints, std::string_view version) {
    std::map<std::string_view, std::vector<const endpoint*>> by_path;
    for (const auto& each : endpoints) by_path[each.path].push_back(&each);
    std::string text;
    json::writer json(text);
    json.begin_object().key("openapi").string("3.1.0");
    json.key("info")
        .begin_object()
        .key("title")
        .string("carrel")
        .key("version")
        .string(version.empty() ? "0" : version)
        .end_object();
    json.key("paths").begin_object();
    for (const auto& [path, methods] : by_path) {
        json.key(path).begin_object();
        for (const auto* each : methods) write_operation(json, *each);
        json.end_object();
    }
    json.end_object();
    write_components(json);
    json.end_object();
    return text;
}

}  // namespace carrel::http
