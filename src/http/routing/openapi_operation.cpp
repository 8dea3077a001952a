#include "http/routing/openapi_operation.hpp"

#include "http/routing/openapi_schemas.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace carrel::http {

namespace {

constexpr std::string_view text_schema = R"({"type":"string"})";
constexpr std::string_view tags_schema =
    R"js({"type":"string","pattern":"^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$"})js";

std::string_view key_of(siem::method method) noexcept {
    constexpr std::array<std::string_view, 5> keys{"get", "post", "put", "patch", "delete"};
    return keys[static_cast<std::size_t>(method)];
}

bool sends_parts(const endpoint& each) noexcept { return each.operation != nullptr && each.operation->sends_parts; }

struct parameter {
    std::string_view in, name, schema, summary = {};
    bool required = false;
    bool is_list = false;  // may be repeated
};

void write_parameter(json::writer& json, const parameter& each) {
    json.begin_object().key("name").string(each.name).key("in").string(each.in);
    if (each.required) json.key("required").boolean(true);
    if (!each.summary.empty()) json.key("description").string(each.summary);
    if (each.is_list) json.key("style").string("form").key("explode").boolean(true);
    json.key("schema");
    if (each.is_list)
        json.begin_object().key("type").string("array").key("items").raw(completed(each.schema)).end_object();
    else json.raw(completed(each.schema));
    json.end_object();
}

void write_path_parameters(json::writer& json, std::string_view path) {
    for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
        const auto name = path.substr(open + 1, path.find('}', open) - open - 1);
        write_parameter(json, {"path", name, text_schema, {}, true});
    }
}

// `field.<Key>`: any number of parameters with one beginning, as an object whose members are the parameters.
void write_prefixed_parameter(json::writer& json, std::string_view prefix, std::string_view summary) {
    json.begin_object().key("name").string(prefix.substr(0, prefix.find('.'))).key("in").string("query");
    std::string text("Members are named ");
    text.append(prefix).append("KEY. ").append(summary);
    json.key("description").string(text);
    json.key("style").string("form").key("explode").boolean(true);
    json.key("schema").raw(R"({"type":"object","additionalProperties":{"type":"string"}})").end_object();
}

void write_query_parameters(json::writer& json, siem::method method, std::span<const siem::field_doc> parameters) {
    constexpr std::array single =
        std::to_array<std::string_view>({"limit", "cursor", "sort", "count", "interval", "after", "wait_ms", "unwrap",
                                         "ingest_id", "field", "fields", "tz", "split", "n", "plan"});
    for (const auto& doc : parameters) {
        const auto mark = doc.name.find('<');
        if (mark != std::string_view::npos) {
            write_prefixed_parameter(json, doc.name.substr(0, mark), doc.summary);
            continue;
        }
        const bool is_list =
            method == siem::method::get && std::find(single.begin(), single.end(), doc.name) == single.end();
        write_parameter(json, {"query", doc.name, doc.json_schema, doc.summary, doc.required, is_list});
    }
}

void write_header_parameters(json::writer& json, const endpoint& each) {
    // Any text: one that is not returned does not fail the request.
    write_parameter(json, {"header", "X-Request-Id", text_schema,
                           "Returned with the response if it is 1 to 128 of A-Z, a-z, 0-9, ., _ and -."});
    if (each.operation == nullptr) return;
    write_parameter(json, {"header", "Carrel-Timeout-Ms",
                           R"({"type":"integer","format":"int32","minimum":1,"maximum":60000,"default":5000})",
                           "The request's deadline."});
    const bool is_secret = each.operation->is_secret;
    if (each.writes() && !is_secret && (each.method == siem::method::post || each.method == siem::method::del))
        write_parameter(json, {"header", "Idempotency-Key", R"({"type":"string","pattern":"^[!-~]{1,128}$"})",
                               "The first outcome is replayed for 24 h."});
    if (each.is_event_stream())
        write_parameter(json, {"header", "Content-Encoding", R"({"type":"string","enum":["identity","gzip","zstd"]})"});
    if (sends_parts(each)) {
        write_parameter(
            json, {"header", "Range", text_schema, "A part of the file: `bytes=0-1023`, `bytes=1024-`, `bytes=-16`."});
        write_parameter(json,
                        {"header", "If-Range", text_schema, "The part only if the file still has this entity tag."});
    }
    if (!each.takes_preconditions()) return;
    write_parameter(json, {"header", "If-Match", tags_schema, "412 unless the version is one of these."});
    write_parameter(json, {"header", "If-None-Match", text_schema,
                           each.method == siem::method::get ? "304 if the version is one of these."
                                                            : "412 if the version is one of these."});
}

void write_reference(json::writer& json, std::string_view kind, std::string_view name) {
    json.begin_object().key("$ref").string(std::string("#/components/").append(kind).append("/").append(name));
    json.end_object();
}

void write_media(json::writer& json, std::string_view type, std::string_view schema_name) {
    json.key(type).begin_object().key("schema");
    write_reference(json, "schemas", schema_name);
    json.end_object();
}

void write_request_body(json::writer& json, const endpoint& each) {
    if (!each.takes_body()) return;
    json.key("requestBody").begin_object().key("required").boolean(true);
    if (each.is_event_stream())
        json.key("description").string("An array of events, or one object; as application/x-ndjson one object a line.");
    // Generators make clients that do not compile of a body that is either.
    if (each.takes_upload())
        json.key("description")
            .string("The bytes of the file. A form is taken, too: multipart/form-data with a part `file`.");
    json.key("content").begin_object();
    if (each.is_event_stream()) {
        write_media(json, "application/json", "event_batch");
        json.key("application/x-ndjson").begin_object().key("schema").raw(text_schema).end_object();
    } else if (each.takes_upload() || each.takes_file()) {
        json.key("application/octet-stream").begin_object().key("schema").raw(R"({"type":"string","format":"binary"})");
        json.end_object();
    } else {
        if (each.operation->body == siem::body_kind::merge_patch)
            write_media(json, "application/merge-patch+json", body_schema_name(each));
        write_media(json, "application/json", body_schema_name(each));
    }
    json.end_object().end_object();
}

void write_headers(json::writer& json, std::initializer_list<std::string_view> names) {
    json.key("headers").begin_object();
    for (const auto name : names) {
        json.key(name);
        write_reference(json, "headers", name);
    }
    json.end_object();
}

void write_success(json::writer& json, const endpoint& each, std::string_view status, std::string_view description) {
    json.key(status).begin_object().key("description").string(description);
    const bool has_tag = each.has_version() || status == "201";
    if (status == "202") write_headers(json, {"X-Request-Id", "Carrel-Commit", "Location"});
    else if (status == "201" && !each.is_event_stream())
        write_headers(json, {"X-Request-Id", "Carrel-Commit", "ETag", "Location"});
    else if (each.writes() && (status == "204" || !has_tag || each.is_event_stream()))
        write_headers(json, {"X-Request-Id", "Carrel-Commit"});
    else if (each.writes()) write_headers(json, {"X-Request-Id", "Carrel-Commit", "ETag"});
    else if (has_tag) write_headers(json, {"X-Request-Id", "ETag"});
    else write_headers(json, {"X-Request-Id"});
    if (status != "204" && status != "304" && !each.reply_schema.empty()) {
        json.key("content").begin_object().key(each.reply_type).begin_object().key("schema");
        json.raw(completed(each.reply_schema)).end_object();
        if (each.operation != nullptr && each.operation->has_rows)
            for (const std::string_view type : {"application/x-ndjson", "text/csv"})
                json.key(type).begin_object().key("schema").raw(text_schema).end_object();
        json.end_object();
    }
    json.end_object();
}

void write_successes(json::writer& json, const endpoint& each) {
    const auto kind = each.operation != nullptr ? each.operation->success : siem::outcome::ok;
    if (each.is_event_stream() || kind == siem::outcome::created) write_success(json, each, "201", "Created");
    else if (kind == siem::outcome::accepted) write_success(json, each, "202", "Accepted");
    else if (kind == siem::outcome::no_content) write_success(json, each, "204", "Done");
    else write_success(json, each, "200", "OK");
    if (kind == siem::outcome::created && !each.is_event_stream()) write_success(json, each, "200", "Merged");
    if (sends_parts(each)) write_success(json, each, "206", "A part of the file");
    if (each.has_version() && each.method == siem::method::get) write_success(json, each, "304", "Not modified");
}

// The statuses an endpoint can refuse with.
std::set<unsigned short> refusals_of(const endpoint& each) {
    std::set<unsigned short> all{400, 403, 405, 408, 414, 417, 429, 431, 500, 503};
    if (!each.answers_any_host()) all.insert(421);
    if (!each.needs.is_for_anyone()) all.insert(401);
    if (each.what == action::ready) all.erase(503);  // written with the state
    if (each.path.find('{') != std::string::npos) all.insert(404);
    if (each.what == action::top_queries || each.what == action::running_queries) all.insert(504);
    if (each.method != siem::method::get) all.insert(412);
    if (each.operation == nullptr) return all;
    if (!each.writes()) all.insert(504);
    if (each.method != siem::method::get) all.insert(422);
    if (each.writes()) all.insert({409, 507});
    if (each.operation->compute != nullptr) all.insert({401, 423});
    if (each.has_version()) all.insert(412);
    if (each.takes_body()) all.insert({413, 415});
    if (sends_parts(each)) all.insert(416);
    return all;
}

void write_responses(json::writer& json, const endpoint& each) {
    json.key("responses").begin_object();
    write_successes(json, each);
    if (each.what == action::ready) write_success(json, each, "503", "Not ready");
    for (const auto status : refusals_of(each)) {
        json.key(std::to_string(status));
        const bool may_retry = status == 429 || status == 503;
        write_reference(json, "responses",
                        may_retry       ? "overloaded"
                        : status == 405 ? "method_not_allowed"
                        : status == 401 ? "unauthorized"
                                        : "problem");
    }
    json.end_object();
}

// `alerts` of `/api/v1/alerts/{id}`; `operations` of what is not a resource.
std::string_view tag_of(const endpoint& each) {
    constexpr std::string_view base = "/api/v1/";
    if (each.operation == nullptr) return "operations";
    const auto rest = std::string_view(each.path).substr(base.size());
    return rest.substr(0, rest.find('/'));
}

}  // namespace

namespace {

// What lets one in, and what it takes: a session or a token, or nothing while there are no users.
void write_security(json::writer& json, const endpoint& each) {
    if (each.needs.is_for_anyone()) {
        json.key("security").raw("[]");
        return;
    }
    json.key("x-permissions").begin_array();
    for (const std::string_view name : each.needs.wanted().names()) json.string(name);
    json.end_array();
}

}  // namespace

std::string body_schema_name(const endpoint& each) { return std::string(each.id) + "_body"; }

void write_operation(json::writer& json, const endpoint& each) {
    json.key(key_of(each.method)).begin_object();
    json.key("operationId").string(each.id).key("summary").string(each.summary);
    json.key("tags").begin_array().string(tag_of(each)).end_array();
    json.key("parameters").begin_array();
    write_path_parameters(json, each.path);
    write_query_parameters(json, each.method, each.operation != nullptr ? each.operation->parameters : each.parameters);
    write_header_parameters(json, each);
    json.end_array();
    write_security(json, each);
    write_request_body(json, each);
    write_responses(json, each);
    json.end_object();
}

}  // namespace carrel::http
