#include "http/routing/openapi.hpp"

#include "http/routing/openapi_operation.hpp"
#include "http/routing/openapi_schemas.hpp"
#include "json/writer.hpp"

#include <map>
#include <vector>

namespace carrel::http {

namespace {

struct header_doc {
    std::string_view name, description, schema;
};

constexpr header_doc headers[] = {
    {"X-Request-Id", "The request's, or one made for it.", R"({"type":"string"})"},
    {"Carrel-Commit", "The commit that holds the write.", R"({"type":"integer","format":"int64"})"},
    {"ETag", "The version, in quotes.", R"({"type":"string"})"},
    {"Location", "The path of what was created.", R"({"type":"string"})"},
    {"Retry-After", "Seconds.", R"({"type":"integer","format":"int32"})"},
    {"Allow", "The methods of the path.", R"({"type":"string"})"},
    {"WWW-Authenticate", "How to say who asks, RFC 6750.", R"({"type":"string"})"},
};

// A session's cookie has another name by TLS. The last, empty one of `security`: while there are no users nobody has to log in.
constexpr std::string_view security_schemes = R"({"token":{"type":"http","scheme":"bearer"},)"
                                              R"("session":{"type":"apiKey","in":"cookie","name":"carrel_session"}})";
constexpr std::string_view security = R"([{"token":[]},{"session":[]},{}])";

void write_body_schema(json::writer& json, const siem::operation& operation) {
    json.begin_object().key("type").string("object").key("properties").begin_object();
    bool any_required = false;
    for (const auto& doc : operation.fields) {
        json.key(doc.name).raw(completed(doc.json_schema));
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

void write_schemas(json::writer& json, std::span<const endpoint> endpoints) {
    json.key("schemas").begin_object();
    for (const auto& [name, schema] : siem::schemas()) json.key(name).raw(completed(schema));
    for (const auto& each : endpoints) {
        const bool is_of_bytes = each.is_event_stream() || each.takes_upload() || each.takes_file();
        if (!each.is_described() || !each.takes_body() || is_of_bytes) continue;
        json.key(body_schema_name(each));
        write_body_schema(json, *each.operation);
    }
    json.key("event_input").raw(event_input_schema).key("event_batch").raw(event_batch_schema);
    json.key("pool").raw(completed(one_pool_schema)).key("problem").raw(problem_schema).end_object();
}

void write_problem_response(json::writer& json, std::string_view name, std::string_view description,
                            std::string_view header) {
    json.key(name).begin_object().key("description").string(description);
    json.key("headers").begin_object().key("X-Request-Id").raw(R"({"$ref":"#/components/headers/X-Request-Id"})");
    if (!header.empty())
        json.key(header).raw(std::string(R"({"$ref":"#/components/headers/)").append(header).append(R"("})"));
    json.end_object();
    json.key("content").raw(R"({"application/problem+json":{"schema":{"$ref":"#/components/schemas/problem"}}})");
    json.end_object();
}

void write_components(json::writer& json, std::span<const endpoint> endpoints) {
    json.key("components").begin_object();
    write_schemas(json, endpoints);
    json.key("headers").begin_object();
    for (const auto& each : headers)
        json.key(each.name)
            .begin_object()
            .key("description")
            .string(each.description)
            .key("schema")
            .raw(each.schema)
            .end_object();
    json.end_object();
    json.key("responses").begin_object();
    write_problem_response(json, "problem", "A problem document, RFC 9457", {});
    write_problem_response(json, "overloaded", "Not now", "Retry-After");
    write_problem_response(json, "unauthorized", "Not known", "WWW-Authenticate");
    write_problem_response(json, "method_not_allowed", "The path has other methods", "Allow");
    json.end_object();
    json.key("securitySchemes").raw(security_schemes).end_object();
}

}  // namespace

std::string openapi_document(std::span<const endpoint> endpoints, std::string_view version) {
    std::map<std::string_view, std::vector<const endpoint*>> by_path;
    for (const auto& each : endpoints)
        if (each.is_described()) by_path[each.path].push_back(&each);
    std::string text;
    json::writer json(text);
    json.begin_object().key("openapi").string("3.1.0");
    json.key("info").begin_object().key("title").string("carrel");
    json.key("version").string(version.empty() ? "0" : version).end_object();
    json.key("servers").raw(R"([{"url":"/"}])");
    json.key("security").raw(security);
    json.key("paths").begin_object();
    for (const auto& [path, methods] : by_path) {
        json.key(path).begin_object();
        for (const auto* each : methods) write_operation(json, *each);
        json.end_object();
    }
    json.end_object();
    write_components(json, endpoints);
    json.end_object();
    return text;
}

}  // namespace carrel::http
