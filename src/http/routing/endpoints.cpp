#include "http/routing/endpoints.hpp"

#include "resource/resource.hpp"
#include "siem/version_checks.hpp"

namespace carrel::http {

namespace {

constexpr std::string_view health_schema =
    R"({"type":"object","properties":{"status":{"type":"string"},"checks":{"type":"object","properties":{)"
    R"("writer":{"type":"string"},"readers":{"type":"string"}}}},"required":["status"]})";

constexpr std::string_view pool_schema =
    R"({"type":"object","properties":{"write":{"$ref":"#/components/schemas/pool"},)"
    R"("read":{"$ref":"#/components/schemas/pool"}},"required":["write","read"]})";

constexpr std::string_view running_schema =
    R"({"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{)"
    R"("id":{"type":"string"},"lane":{"type":"string","enum":["writer","resident","background"]},)"
    R"("statement":{"type":"string"},"running_seconds":{"type":"number"},"wait_seconds":{"type":"number"},)"
    R"("rows":{"type":"integer"},"request_id":{"type":"string"},"route":{"type":"string"},)"
    R"("principal":{"type":"string"},"task":{"type":"string"},"cancelled":{"type":"boolean"},"plan":{"type":"string"}},)"
    R"("required":["id","lane","statement","running_seconds","wait_seconds","rows","cancelled"]}}},)"
    R"("required":["items"]})";

constexpr std::string_view top_schema =
    R"({"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{)"
    R"("statement":{"type":"string"},"calls":{"type":"integer"},"total_seconds":{"type":"number"},)"
    R"("mean_seconds":{"type":"number"},"max_seconds":{"type":"number"},"rows":{"type":"integer"},)"
    R"("wait_seconds":{"type":"number"},"failures":{"type":"integer"},)"
    R"("last_seen":{"type":"string","format":"date-time"},"plan":{"type":"string"}},)"
    R"("required":["statement","calls","total_seconds","mean_seconds","max_seconds","rows","wait_seconds","failures",)"
    R"("last_seen"]}}},"required":["items"]})";

constexpr std::string_view cancelled_schema =
    R"({"type":"object","properties":{"id":{"type":"string"},)"
    R"("lane":{"type":"string","enum":["writer","resident","background"]},)"
    R"("ends":{"type":"string","enum":["at_once","before_its_next_statement"]}},"required":["id","lane","ends"]})";

siem::field_doc plan_parameter() {
    return {"plan", R"({"type":"boolean","default":false})", false, "With SQLite's query plan of each statement."};
}

std::vector<siem::field_doc> top_parameters() {
    return {{"sort",
             R"({"type":"string","enum":["total_seconds","mean_seconds","max_seconds","wait_seconds","calls","rows",)"
             R"("failures","last_seen"],"default":"total_seconds"})",
             false, "The largest first."},
            {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":20})"},
            plan_parameter()};
}

constexpr std::string_view text_schema = R"({"type":"string"})";
constexpr std::string_view document_schema = R"({"type":"object"})";

endpoint fixed(std::string_view path, action what, std::string_view id, std::string_view summary,
               std::string_view schema, access::requirement needs = access::requirement::anyone()) {
    endpoint made;
    made.needs = needs;
    made.path = path;
    made.what = what;
    made.id = id;
    made.summary = summary;
    made.reply_schema = schema;
    return made;
}

void add_queries(std::vector<endpoint>& all) {
    all.push_back(fixed("/api/v1/queries/running", action::running_queries, "list_running_queries",
                        "What the connections are busy with, the longest first", running_schema,
                        access::permission::read_system));
    all.back().parameters = {plan_parameter()};
    all.push_back(fixed("/api/v1/queries/running/{id}", action::cancel_query, "cancel_query", "End a running query",
                        cancelled_schema, access::permission::admin_system));
    all.back().method = siem::method::del;
    all.push_back(fixed("/api/v1/queries/top", action::top_queries, "list_top_queries",
                        "What each statement has come to since the start", top_schema,
                        access::permission::read_system));
    all.back().parameters = top_parameters();
}

}  // namespace

bool endpoint::has_version() const noexcept {
    if (operation == nullptr || operation->of == nullptr || !operation->of->has_versions()) return false;
    if (!operation->is_about_version) return false;
    return path.ends_with('}') || (writes() && path.find('{') != std::string::npos);
}

bool endpoint::takes_preconditions() const noexcept {
    return has_version() || (operation != nullptr && siem::checks_version(*operation));
}

std::vector<endpoint> all_endpoints() {
    std::vector<endpoint> all;
    for (const auto& operation : siem::operations()) {
        auto& made = all.emplace_back();
        made.method = operation.method;
        made.path = "/api/v1" + operation.path;
        made.operation = &operation;
        made.needs = operation.needs;
        made.id = operation.id;
        made.summary = operation.summary;
        made.reply_schema = operation.reply_schema;
        if (!operation.reply_type.empty()) made.reply_type = operation.reply_type;
    }
    all.push_back(fixed("/health/live", action::live, "get_live", "The process answers", health_schema));
    all.push_back(fixed("/health/ready", action::ready, "get_ready", "Reads and writes can be served", health_schema));
    all.push_back(fixed("/metrics", action::metrics, "get_metrics", "Counters, as Prometheus reads them", text_schema,
                        access::permission::read_system));
    all.back().reply_type = "text/plain";
    all.push_back(fixed("/api/v1/pool", action::pool, "get_pool", "Connection pools", pool_schema,
                        access::permission::read_system));
    add_queries(all);
    all.push_back(fixed("/openapi.json", action::openapi, "get_openapi", "This document", document_schema));
    // The page itself is at `/`, beside what a program is answered there.
    for (const std::string_view path :
         {"/assets/{build}/{file}", "/assets/{build}/ui/{file}", "/assets/{build}/views/{file}"})
        all.push_back(fixed(path, action::page, "get_page_file", "A file of the page", {}));
    for (const auto& each : shippers::protocols()) {
        auto& made = all.emplace_back();
        made.method = each.method;
        made.path = each.path;
        made.what = action::shipper;
        made.shipper = &each;
        made.needs = each.is_probe ? access::requirement::anyone() : access::permission::write_events;
    }
    return all;
}

}  // namespace carrel::http
