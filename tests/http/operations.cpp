#include "fixture.hpp"

#include "http/protocol/inflater.hpp"
#include "http/routing/endpoints.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <new>

// Health, metrics, pools and the OpenAPI document.
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

namespace {

// The clock of a shard that once throws where it is read.
struct failing_clock {
    std::shared_ptr<std::atomic<bool>> fails = std::make_shared<std::atomic<bool>>(false);
    siem::timestamp operator()() const {
        if (fails->exchange(false)) throw std::bad_alloc();
        return 1'700'000'000'000'000;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_shard_that_failed_is_not_ready_and_goes_on) {
    failing_clock clock;
    running_server server([&](auto& settings) {
        settings.clock = clock;
        settings.limits.sweep_interval = std::chrono::hours(1);
    });
    BOOST_TEST(server.get("/health/ready").status == 200);
    raw_client client(server.port());
    BOOST_TEST(client.ask("GET", "/health/live").status == 200);
    *clock.fails = true;
    BOOST_TEST(client.ask("GET", "/health/live").status == 200);
    BOOST_TEST(!clock.fails->load());
    BOOST_TEST(!server.front().takes_turns());
    const auto reply = client.ask("GET", "/health/ready");
    BOOST_TEST(reply.status == 503);
    BOOST_TEST(reply.text("/checks/readers") == "failed");
    BOOST_TEST(server.logged().back().find("handler threw") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_shard_is_ready_again_once_its_self_check_passes) {
    failing_clock clock;
    running_server server([&](auto& settings) { settings.clock = clock; });
    for (int i = 0; i < 3; ++i) {
        *clock.fails = true;  // a turn or a sweep is next
        BOOST_TEST(eventually([&] { return !clock.fails->load(); }));
        BOOST_TEST(eventually([&] { return server.get("/health/ready").status == 200; }));
    }
    BOOST_TEST(server.logged().size() >= 3u);
}

BOOST_AUTO_TEST_CASE(the_pools_come_in_the_contract_s_order) {
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

BOOST_AUTO_TEST_CASE(a_request_whose_head_is_refused_counts_as_what_its_line_says) {
    running_server server;
    const auto status_of = [&server](std::string_view text) {
        raw_client client(server.port());
        client.send(text);
        return client.receive().status;
    };
    BOOST_TEST(status_of("DELETE /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n") == 400);
    BOOST_TEST(status_of("POST /" + std::string(9'000, 'x') + " HTTP/1.1\r\n\r\n") == 414);
    BOOST_TEST(status_of("\x01\r\n\r\n") == 400);
    const auto page = server.get("/metrics").body;
    const auto holds = [&page](std::string_view labels_and_value) {
        return page.find("\ncarrel_http_replies_total" + std::string(labels_and_value) + "\n") != std::string::npos;
    };
    BOOST_TEST(holds(R"({method="DELETE",code="400"} 1)"));
    BOOST_TEST(holds(R"({method="POST",code="414"} 1)"));
    BOOST_TEST(holds(R"({method="other",code="400"} 1)"));
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
    const auto path = std::filesystem::path(server.store().stats().database_path).filename().string();
    BOOST_TEST(path == "http.db");
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
    // Those of other programs' protocols are described where they come from.
    auto endpoints = http::all_endpoints();
    std::erase_if(endpoints, [](const auto& each) { return !each.is_described(); });
    BOOST_TEST(documented == endpoints.size());
    constexpr const char* methods[] = {"get", "post", "put", "patch", "delete"};
    for (const auto& each : endpoints) {
        const auto& operation = document.at("paths").at(each.path).at(methods[static_cast<int>(each.method)]);
        BOOST_TEST(operation.at("operationId").as_string() == each.id);
        BOOST_TEST(operation.at("responses").as_object().contains("400"));
        BOOST_TEST(operation.as_object().contains("requestBody") == each.takes_body());
    }
}

BOOST_AUTO_TEST_CASE(the_openapi_document_says_what_clients_are_generated_from) {
    running_server server;
    const auto document = server.get("/openapi.json").json();
    BOOST_TEST(document.at("servers").as_array().size() == 1u);
    const auto& paths = document.at("paths");
    const auto names = [](const boost::json::value& operation, std::string_view in) {
        std::string list;
        for (const auto& each : operation.at("parameters").as_array())
            if (each.at("in").as_string() == boost::json::string_view(in.data(), in.size()))
                list.append(each.at("name").as_string().c_str()).append(" ");
        return list;
    };
    const auto& one = paths.at("/api/v1/alerts/{id}");
    const auto& list = paths.at("/api/v1/alerts").at("get");
    BOOST_TEST(names(one.at("get"), "header").find("If-None-Match") != std::string::npos);
    BOOST_TEST(one.at("get").at("responses").as_object().contains("304"));
    BOOST_TEST(names(list, "header").find("If-") == std::string::npos);
    BOOST_TEST(!list.at("responses").as_object().contains("304"));
    BOOST_TEST(names(paths.at("/api/v1/alerts/{id}/status").at("post"), "header").find("If-Match") !=
               std::string::npos);
    BOOST_TEST(names(paths.at("/api/v1/events").at("get"), "query").find('<') == std::string::npos);
    for (const auto* status : {"405", "408", "414", "417", "429"})
        BOOST_TEST(list.at("responses").as_object().contains(status), status);
    const auto& created = paths.at("/api/v1/alerts").at("post").at("responses").at("201").at("headers").as_object();
    for (const auto* header : {"ETag", "Location", "Carrel-Commit", "X-Request-Id"})
        BOOST_TEST(created.contains(header), header);
    for (const auto& each : list.at("parameters").as_array())
        if (each.at("name").as_string() == "severity") BOOST_TEST(each.at("schema").at("type").as_string() == "array");
}

BOOST_AUTO_TEST_CASE(every_integer_of_the_openapi_document_has_a_format) {
    running_server server;
    const auto text = server.get("/openapi.json").body;
    std::size_t integers = 0;
    for (const std::string type : {R"("type":"integer")", R"("type":["integer","null"])"})
        for (auto at = text.find(type); at != std::string::npos; at = text.find(type, at + 1), ++integers)
            BOOST_TEST(text.substr(at + type.size(), 10) == R"(,"format":)", text.substr(at, 60));
    BOOST_TEST(integers > 20u);
}

// What may be null says so in its names, and what may have any members says that, or clients that are generated refuse both.
BOOST_AUTO_TEST_CASE(the_openapi_document_leaves_open_what_is_open) {
    running_server server;
    const auto document = server.get("/openapi.json").json();
    std::size_t enumerations = 0, objects = 0;
    const auto allows = [](const boost::json::value& given, const boost::json::value& one) {
        const auto* all = given.if_array();
        return all == nullptr ? given == one : std::find(all->begin(), all->end(), one) != all->end();
    };
    const auto look = [&](const auto& self, const boost::json::value& node, const std::string& path) -> void {
        if (const auto* list = node.if_array())
            for (const auto& each : *list) self(self, each, path);
        const auto* object = node.if_object();
        if (object == nullptr) return;
        for (const auto& [name, each] : *object) self(self, each, path + "/" + std::string(name));
        const auto *type = object->if_contains("type"), *names = object->if_contains("enum");
        if (type == nullptr) return;
        if (names != nullptr && allows(*type, "null")) {
            ++enumerations;
            BOOST_TEST(allows(*names, nullptr), path);
        }
        if (allows(*type, "object") && !object->contains("properties") && !object->contains("oneOf")) {
            ++objects;
            BOOST_TEST(object->contains("additionalProperties"), path);
        }
    };
    look(look, document, "");
    BOOST_TEST(enumerations >= 9u);
    BOOST_TEST(objects >= 41u);
}

BOOST_AUTO_TEST_CASE(options_names_the_methods_that_are_served) {
    running_server server;
    raw_client client(server.port());
    for (const std::string target : {"/api/v1/alerts", "/api/v1/alerts/count", "/api/v1/alerts/a", "/api/v1/events",
                                     "/api/v1/alerts/a/status", "/health/live", "/openapi.json"}) {
        const auto allowed = client.ask("OPTIONS", target).field("allow");
        for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
            const auto status = client.ask(method, target).status;
            const bool is_named = allowed.find(method) != std::string::npos;
            BOOST_TEST((status != 405) == is_named, method + " " + target);
        }
    }
}

BOOST_AUTO_TEST_CASE(long_responses_are_packed_for_clients_that_take_gzip) {
    running_server server;
    const auto plain = server.get("/openapi.json");
    const auto packed = server.get("/openapi.json", "Accept-Encoding: br, gzip\r\n");
    BOOST_TEST(!plain.has("content-encoding"));
    BOOST_TEST(plain.field("vary") == "Accept-Encoding");
    BOOST_TEST(packed.field("content-encoding") == "gzip");
    BOOST_TEST(packed.field("vary") == "Accept-Encoding");
    BOOST_TEST(packed.body.size() < plain.body.size() / 3);
    http::inflater inflater;
    std::string unpacked;
    for (std::string_view rest = packed.body; !inflater.is_complete();) unpacked.append(inflater.step(rest));
    BOOST_TEST(unpacked == plain.body);
    const auto head = server.ask("HEAD", "/openapi.json", {}, "Accept-Encoding: gzip\r\n");
    BOOST_TEST(head.field("content-length") == packed.field("content-length"));
    BOOST_TEST(!server.get("/openapi.json", "Accept-Encoding: gzip;q=0\r\n").has("content-encoding"));
    BOOST_TEST(!server.get("/health/live", "Accept-Encoding: gzip\r\n").has("content-encoding"));
    server.post("/api/v1/alerts", alert_body("a", R"(,"description":")" + std::string(5'000, 'x') + "\""));
    BOOST_TEST(!server.get("/api/v1/alerts/a", "Accept-Encoding: gzip\r\n").has("content-encoding"));
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
        const auto& documented = document.at("paths")
                                     .at("/api/v1" + operation.path)
                                     .at(operation.method == siem::method::get ? "get" : "post");
        std::size_t in_query = 0;
        for (const auto& parameter : documented.at("parameters").as_array())
            in_query += parameter.at("in").as_string() == "query";
        BOOST_TEST(in_query >= 1u, operation.id);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
