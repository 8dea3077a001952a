#include "http/signed_in.hpp"
#include "siem/listeners/dead_letters.hpp"

#include <boost/test/unit_test.hpp>

// What a console asks for, over the wire: whose searches are whose, archives of content, dead letters, the first run.
using namespace carrel;
using namespace carrel::testing;

namespace {

const std::string packed_type = "Content-Type: application/gzip\r\n";

// A mapping that is in force.
void add_mapping(running_server& server) {
    server.post("/api/v1/field-mappings", R"({"id":"m","name":"mine","mappings":{"machine.label":"host"}})");
    server.post("/api/v1/field-mappings/m/lifecycle", R"({"to":"test"})");
}

std::string host_of_event(running_server& server) {
    const auto stored = server.ingest("{\"machine\":{\"label\":\"web\"}}\n");
    return std::string(server.get("/api/v1/events/" + stored.text("/first_id")).json().at("host").is_null()
                           ? "none"
                           : server.get("/api/v1/events/" + stored.text("/first_id")).text("/host"));
}

void add_letter(running_server& server, std::string raw) {
    siem::dead_letter one;
    one.reason = "test";
    one.raw = std::move(raw);
    const auto added = server.store().write(
        [&](write_session& session) { return siem::add_dead_letters(session, std::span(&one, 1)); });
    BOOST_REQUIRE(added.has_value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(console)

BOOST_AUTO_TEST_CASE(the_first_run_ends_when_it_is_said_so) {
    running_server server;
    BOOST_TEST(server.get("/api/v1/system/first-run").json().at("is_first_run").as_bool());
    BOOST_TEST(server.post("/api/v1/system/complete-setup", "{}").status == 200);
    BOOST_TEST(server.post("/api/v1/system/complete-setup", "{}").status == 200);
    BOOST_TEST(!server.get("/api/v1/system/first-run").json().at("is_first_run").as_bool());
    const auto put = server.ask("PUT", "/api/v1/system/metadata/ui.theme", R"({"value":"dark"})",
                                "Content-Type: application/json\r\n");
    BOOST_TEST(put.status == 201);
    BOOST_TEST(put.field("etag") == "\"1\"");
}

BOOST_AUTO_TEST_CASE(content_goes_from_one_server_to_another) {
    running_server from;
    add_mapping(from);
    BOOST_TEST(host_of_event(from) == "web");
    const auto archive = from.get("/api/v1/admin/content/export");
    BOOST_TEST(archive.status == 200);
    BOOST_TEST(archive.field("content-type") == "application/gzip");
    BOOST_TEST(archive.field("content-disposition").find("content.tar.gz") != std::string::npos);
    running_server to;
    BOOST_TEST(host_of_event(to) == "none");
    const auto dry = to.ask("POST", "/api/v1/admin/content/restore?dry_run=true", archive.body, packed_type);
    BOOST_TEST(dry.status == 200, dry.body);
    BOOST_TEST(dry.json().at("created").as_int64() == 1);
    BOOST_TEST(host_of_event(to) == "none");
    const auto real = to.ask("POST", "/api/v1/admin/content/restore", archive.body, packed_type);
    BOOST_TEST(real.status == 200, real.body);
    // What was restored reads the next event.
    BOOST_TEST(host_of_event(to) == "web");
    const auto log = to.get("/api/v1/audit?action=restore_content&count=true");
    BOOST_TEST(log.json().at("total").as_int64() == 2);
    BOOST_TEST(from.get("/api/v1/audit?action=export_content&count=true").json().at("total").as_int64() == 1);
    const auto broken = to.ask("POST", "/api/v1/admin/content/restore", archive.body.substr(0, 100), packed_type);
    BOOST_TEST(broken.status == 422);
}

BOOST_AUTO_TEST_CASE(a_dead_letter_becomes_the_event_that_it_is) {
    running_server server;
    add_letter(server, "{\"host\":\"late\"}");
    add_letter(server, "{\"host\":");
    const auto list = server.get("/api/v1/dlq?count=true");
    BOOST_TEST(list.json().at("total").as_int64() == 2);
    const auto replayed = server.post("/api/v1/dlq/replay", R"({"filter":{}})");
    BOOST_TEST(replayed.status == 200, replayed.body);
    BOOST_TEST(replayed.json().at("replayed").as_int64() == 1);
    BOOST_TEST(replayed.json().at("failed").as_int64() == 1);
    BOOST_TEST(server.get("/api/v1/events?host=late").json().at("items").as_array().size() == 1U);
    const std::string rest = server.get("/api/v1/dlq?status=pending").text("/items/0/id");
    BOOST_TEST(server.ask("POST", "/api/v1/dlq/" + rest + "/replay").status == 422);
    BOOST_TEST(server.get("/api/v1/dlq/" + rest).json().at("retries").as_int64() == 2);
    BOOST_TEST(server.ask("POST", "/api/v1/dlq/" + rest + "/replay?as=message").status == 200);
    BOOST_TEST(server.ask("POST", "/api/v1/dlq/" + rest + "/replay").status == 409);
    BOOST_TEST(server.get("/api/v1/dashboard").text("/system_health") == "OK");
}

BOOST_AUTO_TEST_SUITE_END()

// These are about who asks.
BOOST_AUTO_TEST_SUITE(permissions)

BOOST_FIXTURE_TEST_CASE(searches_of_others_are_not_there, closed_house) {
    add_user(server, "ann", "viewer", root.fields());
    add_user(server, "bob", "viewer", root.fields());
    const browser ann = log_in(server, "ann"), bob = log_in(server, "bob");
    const auto made = server.post("/api/v1/saved-searches", R"({"id":"s","name":"mine","query":"x"})", ann.fields());
    BOOST_TEST(made.status == 201);
    BOOST_TEST(made.text("/created_by") == "ann");
    BOOST_TEST(server.post("/api/v1/saved-searches", R"({"name":"x","created_by":"bob"})", ann.fields()).status == 422);
    for (const char* target : {"/api/v1/saved-searches/s", "/api/v1/saved-searches/s/run"}) {
        BOOST_TEST(status_of(target, bob.fields()) == 404, target);
        BOOST_TEST(status_of(target, ann.fields()) == 200, target);
        BOOST_TEST(status_of(target, root.fields()) == 200, target);
    }
    BOOST_TEST(server.get("/api/v1/saved-searches", bob.fields()).json().at("items").as_array().empty());
    BOOST_TEST(server.ask("DELETE", "/api/v1/saved-searches/s", {}, bob.fields()).status == 404);
    BOOST_TEST(server.ask("DELETE", "/api/v1/saved-searches/s", {}, ann.fields()).status == 204);
}

BOOST_FIXTURE_TEST_CASE(who_has_not_logged_in_may_ask_whether_it_is_the_first_run, closed_house) {
    BOOST_TEST(status_of("/api/v1/system/first-run", "") == 200);
    BOOST_TEST(status_of("/api/v1/system/metadata", "") == 401);
    BOOST_TEST(server.post("/api/v1/system/complete-setup", "{}").status == 401);
}

BOOST_AUTO_TEST_SUITE_END()
