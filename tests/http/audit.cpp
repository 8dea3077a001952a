#include "fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

// The audit log over the wire: exports are in it before they begin, and it is itself exported.
namespace carrel::testing {

namespace {

// The whole reply as it came, in chunks: the server ends the connection behind it.
std::string rows(running_server& server, std::string_view target, const std::string& type) {
    raw_client client(server.port());
    client.send(client.request("GET", target, {}, "Accept: " + type + "\r\nConnection: close\r\n"));
    return client.receive_all();
}

bool is_ok(const std::string& reply) { return reply.starts_with("HTTP/1.1 200 "); }

std::string actions(running_server& server) {
    std::string all;
    const auto list = server.get("/api/v1/audit?sort=seq").json();
    for (const auto& each : list.at("items").as_array())
        all.append(all.empty() ? "" : " ").append(each.at("action").as_string().c_str());
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit)

BOOST_AUTO_TEST_CASE(an_export_has_its_entry_and_a_page_has_none) {
    running_server server;
    server.ingest("{\"host\":\"h\"}\n");
    BOOST_TEST(server.get("/api/v1/events?host=h").status == 200);
    BOOST_TEST(actions(server).empty());
    const auto events = rows(server, "/api/v1/events?host=h", "application/x-ndjson");
    BOOST_TEST(is_ok(events));
    BOOST_TEST(events.find("\"host\":\"h\"") != events.npos);
    BOOST_TEST(server.get("/api/v1/rules/export").status == 200);
    BOOST_TEST(actions(server) == "list_events export_rules");
    const auto entry = server.get("/api/v1/audit/1").json();
    BOOST_TEST(entry.at("target").as_string() == "/events");
    BOOST_TEST(entry.at("detail") == boost::json::parse(R"({"format":"ndjson","query":[["host","h"]]})"));
}

BOOST_AUTO_TEST_CASE(an_export_that_is_refused_at_once_has_none) {
    running_server server;
    BOOST_TEST(server.get("/api/v1/events?sort=x", "Accept: text/csv\r\n").status == 400);
    BOOST_TEST(actions(server).empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_down_is_not_exported) {
    running_server server;
    server.ingest("{\"host\":\"secret\"}\n");
    const auto dropped = server.store().write(
        [](write_session& session) { return session.execute("ALTER TABLE audit RENAME TO elsewhere"); });
    BOOST_REQUIRE(dropped.has_value());
    const auto events = rows(server, "/api/v1/events", "application/x-ndjson");
    BOOST_TEST(events.starts_with("HTTP/1.1 500 "), events);
    BOOST_TEST(events.find("secret") == events.npos);
    BOOST_TEST(server.get("/api/v1/events").status == 200);
}

BOOST_AUTO_TEST_CASE(an_operation_whose_entry_cannot_be_written_is_undone) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    const auto dropped = server.store().write(
        [](write_session& session) { return session.execute("ALTER TABLE audit RENAME TO elsewhere"); });
    BOOST_REQUIRE(dropped.has_value());
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a").status == 500);
    BOOST_TEST(server.get("/api/v1/alerts/a").status == 200);
}

BOOST_AUTO_TEST_CASE(the_log_is_exported_with_the_entry_of_that) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a").status == 204);
    const auto csv = rows(server, "/api/v1/audit", "text/csv");
    BOOST_TEST(is_ok(csv));
    BOOST_TEST(csv.find("Content-Type: text/csv") != csv.npos);
    BOOST_TEST(csv.find("id,seq,at,principal,action,") != csv.npos);
    BOOST_TEST(csv.find(",delete_alert,done,/alerts/a,") != csv.npos);
    BOOST_TEST(csv.find(",list_audit,done,/audit,") != csv.npos);
    const auto head = server.get("/api/v1/audit/head").json();
    BOOST_TEST(head.at("seq").as_int64() == 2);
    BOOST_TEST(csv.find(head.at("hash").as_string().c_str()) != csv.npos);
    for (const std::string_view method : {"POST", "PUT", "PATCH", "DELETE"})
        BOOST_TEST(server.ask(method, "/api/v1/audit/1").status == 405, method);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
