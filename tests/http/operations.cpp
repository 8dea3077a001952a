#include "fixture.hpp"

#include "http/routing/endpoints.hpp"

#include <boost/test/unit_test.hpp>

// api.md 6.
namespace carrel::testing {

BOOST_AUTO_TEST_SUITE(operations)

BOOST_AUTO_TEST_CASE(a_live_process_says_so) {
    running_server server;
    const auto reply = server.get("/health/live");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body == R"({"status":"alive"})");
}

BOOST_AUTO_TEST_CASE(readiness_does_not_wait_behind_a_long_write) {
    running_server server;
    held_writer held(server.store());
    const auto reply = server.get("/health/ready");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body == R"({"status":"ready","checks":{"writer":"ok","readers":"ok"}})");
}

BOOST_AUTO_TEST_CASE(a_stopped_database_is_not_ready) {
    running_server server;
    raw_client client(server.port());
    BOOST_TEST(client.ask("GET", "/health/ready").status == 200);
    server.store().stop();
    const auto reply = client.ask("GET", "/health/ready");
    BOOST_TEST(reply.status == 503);
    BOOST_TEST(reply.text("/status") == "unavailable");
    BOOST_TEST(reply.text("/checks/readers") == "failed");
    BOOST_TEST(client.ask("GET", "/health/live").status == 200);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/a").problem() == "overloaded");
}

BOOST_AUTO_TEST_CASE(the_pools_are_told_in_the_contract_s_order) {
    running_server server;
    const auto pools = server.get("/api/v1/pool").json();
    BOOST_TEST(pools.as_object().begin()->key() == "write");
    for (const auto* which : {"write", "read"}) {
        std::string order;
        for (const auto& member : pools.at(which).as_object()) order += std::string(member.key()) + " ";
        BOOST_TEST(
            order ==
            "max_open open in_use idle wait_count wait_seconds_total closed_max_idle closed_idle_time closed_lifetime "
            "utilization exhaustion_episodes ");
    }
    BOOST_TEST(pools.at("read").at("max_open").as_int64() == 4);
    BOOST_TEST(pools.at("write").at("max_open").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(the_metrics_count_every_reply_and_write) {
    running_server server;
    raw_client client(server.port());
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a")).status == 201);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/none").status == 404);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/none").status == 404);
    const auto reply = client.ask("GET", "/metrics");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.field("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    const auto holds = [&reply](std::string_view line) {
        return reply.body.find("\n" + std::string(line) + "\n") != std::string::npos;
    };
    BOOST_TEST(holds(R"(carrel_http_replies_total{method="POST",code="201"} 1)"));
    BOOST_TEST(holds(R"(carrel_http_replies_total{method="GET",code="404"} 2)"));
    BOOST_TEST(holds("carrel_writer_jobs_total 1"));
    BOOST_TEST(holds("carrel_writer_commit_sequence 1"));
    BOOST_TEST(holds("carrel_busy_seen_total 0"));
    const auto path = server.store().stats().database_path;
    BOOST_TEST(holds(R"(carrel_pool_max_open_connections{pool_type="read",database_path=")" + path + "\"} 4"));
    BOOST_TEST(
        holds(R"(carrel_pool_wait_seconds_bucket{pool_type="write",database_path=")" + path + R"(",le="+Inf"} 1)"));
}

BOOST_AUTO_TEST_CASE(the_openapi_document_holds_every_route_and_nothing_else) {
    running_server server;
    const auto document = server.get("/openapi.json").json();
    BOOST_TEST(document.at("openapi").as_string().starts_with("3.1"));
    std::size_t documented = 0;
    for (const auto& path : document.at("paths").as_object()) documented += path.value().as_object().size();
    const auto endpoints = http::all_endpoints();
    BOOST_TEST(documented == endpoints.size());
    constexpr const char* methods[] = {"get", "post", "put", "patch", "delete"};
    for (const auto& each : endpoints) {
        const auto& operation = document.at("paths").at(each.path).at(methods[static_cast<int>(each.method)]);
        BOOST_TEST(operation.at("operationId").as_string() == each.id);
        BOOST_TEST(operation.at("responses").as_object().contains("400"));
        BOOST_TEST(operation.as_object().contains("requestBody") == each.takes_body());
    }
}

BOOST_AUTO_TEST_CASE(every_reference_of_the_openapi_document_leads_somewhere) {
    running_server server;
    const auto text = server.get("/openapi.json").body;
    const auto document = boost::json::parse(text);
    std::size_t references = 0;
    const std::string mark = R"("$ref":"#)";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1), ++references) {
        const auto begin = at + mark.size();
        const auto pointer = text.substr(begin, text.find('"', begin) - begin);
        boost::system::error_code ec;
        BOOST_TEST(document.find_pointer(pointer, ec) != nullptr, pointer);
    }
    BOOST_TEST(references > 10u);
}

BOOST_AUTO_TEST_CASE(what_the_domain_documents_is_documented_here) {
    running_server server;
    const auto document = server.get("/openapi.json").json();
    for (const auto& operation : siem::operations()) {
        if (operation.parameters.empty()) continue;
        const auto& told = document.at("paths").at("/api/v1" + operation.path).at("get");
        std::size_t in_query = 0;
        for (const auto& parameter : told.at("parameters").as_array())
            in_query += parameter.at("in").as_string() == "query";
        BOOST_TEST(in_query >= 1u, operation.id);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
