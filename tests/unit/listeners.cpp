// Listeners as they are stored: their rules, and what may be changed when.
#include "siem/listeners/listeners.hpp"
#include "siem/listeners/listener_control.hpp"
#include "siem/listeners/listener_store.hpp"
#include "support/domain.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::siem;
using carrel::testing::answer;
using carrel::testing::domain;
using carrel::testing::ids;
using carrel::testing::is;

namespace {

// Runs nothing, but is there.
class idle_control : public listener_control {
public:
    void apply(const std::string&, settled done) override { done(std::nullopt); }
    std::optional<listener_counts> counts(std::string_view id) const override {
        if (id != "live") return std::nullopt;
        listener_counts made;
        made.received = 9;
        made.stored = 5;
        made.dropped = 1;
        made.events_per_second = 2.5;
        return made;
    }
};

struct with_control {
    with_control() { set_listeners_in_force(std::make_shared<idle_control>()); }
    ~with_control() {
        set_listeners_in_force(nullptr);
        set_listener_rules({});
    }
    domain d;

    static std::string body(const std::string& id, int port, const std::string& more = "") {
        return R"({"id":")" + id + R"(","name":"n","type":"syslog","protocol":"tcp","host":"127.0.0.1","port":)" +
               std::to_string(port) + more + "}";
    }
    answer add(const std::string& id, int port, const std::string& more = "") {
        return d.post("/listeners", body(id, port, more));
    }
    std::string faults(const std::string& more) { return add("x", 1, more).faults(); }

    // As who runs listeners does.
    void settle(const std::string& id, listener_status status, const std::string& why = "") {
        const auto stored = d.read([&](carrel::read_session& s) { return load_listener(s, id); }).value().value();
        listener_progress progress{stored.row, status, why, stored.counted, d.now};
        progress.counted.received += 3;
        progress.counted.stored += 2;
        BOOST_REQUIRE(d.write([&](carrel::write_session& s) { return settle_listener(s, progress); }).value());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listeners_, with_control)

BOOST_AUTO_TEST_CASE(a_listener_is_created_read_changed_listed_and_deleted) {
    const auto made = add("a", 6000, R"(,"tags":["x"],"fields":{"k":[1]},"source":"s")");
    BOOST_REQUIRE(!made.refused);
    BOOST_TEST(made.text("/status") == "stopped");
    BOOST_TEST(!made.at("/enabled").as_bool());
    BOOST_TEST(made.at("/message_bytes_max").as_int64() == 262'144);
    BOOST_TEST(d.patch("/listeners/a", R"({"port":6001,"protocol":"tls"})").at("/port").as_int64() == 6001);
    BOOST_TEST(serialize(d.get("/listeners/a").at("/fields")) == R"({"k":[1]})");
    add("b", 6002, R"(,"description":"d")");
    BOOST_TEST(ids(d.get("/listeners", {{"sort", "port"}})) == "a b");
    BOOST_TEST(ids(d.get("/listeners", {{"protocol", "tls"}})) == "a");
    BOOST_TEST(ids(d.get("/listeners", {{"status", "running"}})) == "");
    BOOST_TEST(!d.put("/listeners/b", body("b", 6003)).refused);
    BOOST_TEST(d.get("/listeners/b").at("/description").is_null());
    BOOST_TEST(!d.remove("/listeners/a").refused);
    BOOST_TEST(d.get("/listeners/count").at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_listener_is_named) {
    for (const int wrong : {-1, 0, 65'536}) BOOST_TEST(add("x", wrong).faults() == "port", wrong);
    BOOST_TEST(d.post("/listeners", "{}").faults() == "name type protocol host port");
    BOOST_TEST(d.post("/listeners", R"({"name":"","type":"fluentd","protocol":"sctp","host":"x","port":1})").faults() ==
               "name type protocol host");
    BOOST_TEST(faults(R"(,"cert_file":"/etc/passwd")") == "cert_file");
    BOOST_TEST(faults(R"(,"status":"running")") == "status");
    BOOST_TEST(faults(R"(,"enabled":true)") == "enabled");
    BOOST_TEST(faults(R"(,"restarts":1)") == "restarts");
    BOOST_TEST(faults(R"(,"message_bytes_max":479)") == "message_bytes_max");
    BOOST_TEST(faults(R"(,"idle_seconds":0)") == "idle_seconds");
    BOOST_TEST(faults(R"(,"connections_max":10001)") == "connections_max");
    BOOST_TEST(faults(R"(,"fields":[])") == "fields");
    BOOST_TEST(faults(R"(,"field_mapping":"none")") == "field_mapping");
}

BOOST_AUTO_TEST_CASE(a_host_is_an_address_that_is_allowed) {
    const auto with_host = [&](const std::string& host) {
        std::string text = body("h", 1);
        text.replace(text.find("127.0.0.1"), 9, host);
        return d.post("/listeners", text);
    };
    for (const char* wrong : {"localhost", "127.0.0.1:1", "127.1", "0x7f000001", "", "0.0.0.0", "::", "192.0.2.1",
                              "::ffff:192.0.2.1", "fe80::1"})
        BOOST_TEST(with_host(wrong).faults() == "host", wrong);
    BOOST_TEST(with_host("0:0:0:0:0:0:0:1").text("/host") == "::1");
    set_listener_rules({.addresses = {"::"}, .anywhere = false});
    BOOST_TEST(!d.patch("/listeners/h", R"({"host":"0::0"})").refused);
    BOOST_TEST(d.patch("/listeners/h", R"({"host":"0.0.0.0"})").faults() == "host");
    set_listener_rules({.addresses = {}, .anywhere = true});
    BOOST_TEST(!d.patch("/listeners/h", R"({"host":"0.0.0.0"})").refused);
    // The server may allow less when it is started again.
    set_listener_rules({});
    BOOST_TEST(is(d.post("/listeners/h/start", ""), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(an_address_is_one_listeners) {
    add("a", 6000);
    BOOST_TEST(add("b", 6000).faults() == "port");
    std::string by_udp = body("c", 6000);
    by_udp.replace(by_udp.find("tcp"), 3, "udp");
    BOOST_TEST(!d.post("/listeners", by_udp).refused);
    BOOST_TEST(d.patch("/listeners/c", R"({"protocol":"tcp"})").faults() == "port");
}

BOOST_AUTO_TEST_CASE(start_stop_and_restart_say_what_is_wanted) {
    add("a", 6000);
    BOOST_TEST(is(d.post("/listeners/a/stop", ""), problem_code::conflict));
    const auto begun = d.post("/listeners/a/start", "");
    BOOST_TEST(begun.text("/status") == "starting");
    BOOST_TEST(begun.at("/enabled").as_bool());
    BOOST_TEST(is(d.post("/listeners/a/start", ""), problem_code::conflict));
    settle("a", listener_status::running);
    const auto runs = d.get("/listeners/a");
    BOOST_TEST(runs.text("/status") == "running");
    BOOST_TEST(runs.reply.version == begun.reply.version + 1);
    BOOST_TEST(is(d.post("/listeners/a/start", ""), problem_code::conflict));
    BOOST_TEST(d.post("/listeners/a/restart", "").text("/status") == "starting");
    settle("a", listener_status::error, "in use");
    BOOST_TEST(d.get("/listeners/a").text("/status_detail") == "in use");
    // What is in error may be started again.
    BOOST_TEST(d.post("/listeners/a/start", "").at("/status_detail").is_null());
    BOOST_TEST(!d.post("/listeners/a/stop", "").at("/enabled").as_bool());
    settle("a", listener_status::stopped);
    BOOST_TEST(d.post("/listeners/a/restart", "").at("/enabled").as_bool());
    BOOST_TEST(is(d.post("/listeners/none/start", ""), problem_code::not_found));
    BOOST_TEST(is(d.post("/listeners/a/stop", "", [](call& c) { c.conditions.if_match.emplace(); }),
                  problem_code::stale_version));
}

BOOST_AUTO_TEST_CASE(nothing_starts_where_nobody_runs_listeners) {
    add("a", 6000);
    set_listeners_in_force(nullptr);
    BOOST_TEST(is(d.post("/listeners/a/start", ""), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(what_is_to_run_keeps_its_place) {
    add("a", 6000);
    d.post("/listeners/a/start", "");
    for (const char* change :
         {R"({"port":1})", R"({"host":"127.0.0.2"})", R"({"protocol":"udp"})", R"({"type":"json"})"})
        BOOST_TEST(is(d.patch("/listeners/a", change), problem_code::conflict), change);
    BOOST_TEST(!d.patch("/listeners/a", R"({"name":"m","tags":["t"],"port":6000})").refused);
    BOOST_TEST(is(d.remove("/listeners/a"), problem_code::conflict));
    BOOST_TEST(d.post("/listeners/bulk", R"({"action":"delete","ids":["a"]})").refused.has_value() ==
               d.get("/listeners/a").refused.has_value());
    BOOST_TEST(!d.get("/listeners/a").refused);
    d.post("/listeners/a/stop", "");
    BOOST_TEST(!d.remove("/listeners/a").refused);
}

BOOST_AUTO_TEST_CASE(a_mapping_that_a_listener_names_stays) {
    d.post("/field-mappings", R"({"id":"m","name":"m","mappings":{"machine":"host"}})");
    BOOST_REQUIRE(!add("a", 6000, R"(,"field_mapping":"m")").refused);
    BOOST_TEST(is(d.remove("/field-mappings/m"), problem_code::conflict));
    const auto stored = d.read([&](carrel::read_session& s) { return load_listener(s, "a"); }).value().value();
    BOOST_TEST(stored.mappings.size() == 1U);
    d.patch("/listeners/a", R"({"field_mapping":null})");
    BOOST_TEST(!d.remove("/field-mappings/m").refused);
}

BOOST_AUTO_TEST_CASE(statistics_are_those_of_who_runs_it_or_the_last_ones) {
    add("a", 6000);
    d.post("/listeners/a/start", "");
    settle("a", listener_status::running);
    d.now += 90'000'000;
    const auto kept = d.get("/listeners/a/stats");
    BOOST_TEST(kept.at("/received").as_int64() == 3);
    BOOST_TEST(kept.at("/queued").as_int64() == 1);
    BOOST_TEST(kept.at("/uptime_seconds").as_int64() == 90);
    BOOST_TEST(kept.at("/last_event_at").is_null());
    add("live", 6001);
    BOOST_TEST(d.get("/listeners/live/stats").at("/queued").as_int64() == 3);
    BOOST_TEST(d.get("/listeners/live/stats").at("/error_count").as_int64() == 1);
    BOOST_TEST(is(d.get("/listeners/none/stats"), problem_code::not_found));
    d.post("/listeners/a/stop", "");
    BOOST_TEST(!d.remove("/listeners/a").refused);
    BOOST_TEST(d.count("SELECT count(*) FROM listener_counts") == 0);
}

BOOST_AUTO_TEST_CASE(those_to_settle_at_the_start_are_found) {
    for (const char* id : {"runs", "stopped", "broken"}) add(id, 6000 + static_cast<int>(id[0]));
    d.post("/listeners/runs/start", "");
    d.post("/listeners/broken/start", "");
    settle("broken", listener_status::error, "x");
    d.post("/listeners/broken/stop", "");
    BOOST_TEST((d.read(load_listeners_to_settle).value() == std::vector<std::string>{"broken", "runs"}));
}

BOOST_AUTO_TEST_CASE(a_template_is_what_is_not_given) {
    const auto items = d.get("/listeners/templates").at("/items");
    BOOST_TEST(items.as_array().size() == 8U);
    for (const auto& each : items.as_array()) {
        const std::string id(each.at("id").as_string());
        const auto made = d.post("/listeners/from-template", R"({"template":")" + id + R"(","id":")" + id + "\"}");
        BOOST_REQUIRE_MESSAGE(!made.refused, id);
        for (const char* member : {"/type", "/protocol", "/host", "/name"})
            BOOST_TEST(made.text(member) == std::string(each.at_pointer(member).as_string()));
    }
    BOOST_TEST(
        d.post("/listeners/from-template", R"({"template":"json-tcp","port":7,"tags":["x"]})").at("/port").as_int64() ==
        7);
    BOOST_TEST(d.post("/listeners/from-template", "{}").faults() == "template");
    BOOST_TEST(d.post("/listeners/from-template", R"({"template":1})").faults() == "template");
    BOOST_TEST(d.post("/listeners/from-template", R"({"template":"json-tcp","port":0})").faults() == "port");
    BOOST_TEST(d.post("/listeners/from-template", "[]").refused.has_value());
    BOOST_TEST(d.post("/listeners", body("templates", 9)).faults() == "id");
}

BOOST_AUTO_TEST_CASE(the_writes_that_take_effect_elsewhere_are_known) {
    call request;
    request.path[0] = "a";
    std::size_t found = 0;
    for (const operation& each : operations()) {
        if (each.of != &listeners()) continue;
        const auto changed = changed_listener(each, request);
        BOOST_TEST((changed && *changed == "a") == (each.is_write() && each.path.starts_with("/listeners/{id}")));
        BOOST_TEST((changed && changed->empty()) == (each.path == "/listeners/bulk"));
        found += replies_settled_listener(each) ? 1 : 0;
        if (each.is_write()) BOOST_TEST(each.is_audited, each.id);
    }
    BOOST_TEST(found == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
