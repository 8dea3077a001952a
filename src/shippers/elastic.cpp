#include "json/writer.hpp"
#include "shippers/elastic_bulk.hpp"

#include <array>

namespace carrel::shippers {

namespace {

constexpr std::string_view product = "X-Elastic-Product: Elasticsearch\r\n";

constexpr std::string_view about =
    R"({"name":"carrel","cluster_name":"carrel","cluster_uuid":"carrel","version":{"number":"8.11.0",)"
    R"("build_flavor":"default","build_type":"deb","build_hash":"carrel","build_date":"2023-11-04T10:04:57.184859352Z",)"
    R"("build_snapshot":false,"lucene_version":"9.8.0","minimum_wire_compatibility_version":"7.17.0",)"
    R"("minimum_index_compatibility_version":"7.0.0"},"tagline":"You Know, for Search"})";
constexpr std::string_view license =
    R"({"license":{"status":"active","uid":"carrel","type":"basic","issue_date":"2023-01-01T00:00:00.000Z",)"
    R"("issue_date_in_millis":1672531200000,"max_nodes":1000,"issued_to":"carrel","issuer":"carrel",)"
    R"("start_date_in_millis":-1}})";
constexpr std::string_view health =
    R"({"cluster_name":"carrel","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,)"
    R"("active_primary_shards":1,"active_shards":1,"relocating_shards":0,"initializing_shards":0,)"
    R"("unassigned_shards":0})";
constexpr std::string_view nodes = R"({"_nodes":{"total":1,"successful":1,"failed":0},"nodes":{}})";
constexpr std::string_view xpack = R"({"build":{},"license":{"type":"basic","mode":"basic","status":"active"},)"
                                   R"("features":{"ilm":{"available":true,"enabled":true}}})";
constexpr std::string_view acknowledged = R"({"acknowledged":true})";
constexpr std::string_view nothing = "{}";

std::string_view type_of(unsigned short status) {
    switch (status) {
        case 401:
        case 403: return "security_exception";
        case 429:
        case 503: return "es_rejected_execution_exception";
        case 413: return "content_too_long_exception";
        case 415: return "media_type_header_exception";
        case 404: return "resource_not_found_exception";
        default: return status < 500 ? "parse_exception" : "exception";
    }
}

void refuse(std::string& body, unsigned short status, std::string_view, std::string_view detail) {
    std::string cause;
    json::writer(cause).begin_object().key("type").string(type_of(status)).key("reason").string(detail).end_object();
    json::writer out(body);
    out.begin_object().key("error").begin_object().key("root_cause").begin_array().raw(cause).end_array();
    out.key("type").string(type_of(status)).key("reason").string(detail).end_object();
    out.key("status").integer(status).end_object();
}

protocol fixed(siem::method method, std::string_view path, std::string_view reply) {
    protocol made;
    made.method = method;
    made.path = path;
    made.reply = reply;
    made.refuse = refuse;
    made.header_lines = product;
    return made;
}

protocol bulk(siem::method method, std::string_view path) {
    protocol made = fixed(method, path, {});
    made.make = make_bulk_body;
    return made;
}

protocol root() {
    protocol made = fixed(siem::method::get, "/", about);
    made.is_for_programs = true;
    return made;
}

}  // namespace

// What shippers ask before they send, and set up for indices that are not here: each is harmless.
std::span<const protocol> elastic_protocols() {
    using enum siem::method;
    static const auto all = std::to_array<protocol>({
        bulk(post, "/_bulk"),
        bulk(put, "/_bulk"),
        bulk(post, "/{index}/_bulk"),
        bulk(put, "/{index}/_bulk"),
        root(),
        fixed(get, "/_license", license),
        fixed(get, "/_xpack", xpack),
        fixed(get, "/_cluster/health", health),
        fixed(get, "/_cat/health", nothing),
        fixed(get, "/_nodes", nodes),
        fixed(get, "/_nodes/http", nodes),
        fixed(get, "/_template/{name}", nothing),
        fixed(put, "/_template/{name}", acknowledged),
        fixed(get, "/_index_template/{name}", nothing),
        fixed(put, "/_index_template/{name}", acknowledged),
        fixed(get, "/_component_template/{name}", nothing),
        fixed(put, "/_component_template/{name}", acknowledged),
        fixed(get, "/_ilm/policy/{name}", nothing),
        fixed(put, "/_ilm/policy/{name}", acknowledged),
        fixed(get, "/_ingest/pipeline/{name}", nothing),
        fixed(put, "/_ingest/pipeline/{name}", acknowledged),
        fixed(get, "/_data_stream/{name}", R"({"data_streams":[]})"),
        fixed(put, "/_data_stream/{name}", acknowledged),
    });
    return all;
}

}  // namespace carrel::shippers
