#include "siem/field_mappings.hpp"

#include "siem/event_reader.hpp"
#include "siem/mapping_text.hpp"
#include "siem/mappings_in_force.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::testing;
using carrel::siem::call;
using carrel::siem::method;
using carrel::siem::outcome;
using carrel::siem::problem_code;

BOOST_AUTO_TEST_SUITE(field_mappings)

namespace {

std::string body(std::string_view name, std::string_view mappings = R"({"box.name":"host"})",
                 std::string_view more = "") {
    return R"({"id":")" + std::string(name) + R"(","name":")" + std::string(name) + R"(","mappings":)" +
           std::string(mappings) + std::string(more) + "}";
}

void promote(domain& d, const std::string& id) {
    BOOST_REQUIRE(!d.post("/field-mappings/" + id + "/lifecycle", R"({"to":"test"})").refused.has_value());
}

carrel::siem::stored_mappings stored(domain& d) {
    return d.read([](carrel::read_session& session) { return carrel::siem::load_mappings(session); }).value();
}

// What an event's host becomes by the mappings that are stored.
std::string host_of(domain& d, std::string_view event) {
    carrel::siem::mappings_in_force in_force;
    in_force.publish(stored(d));
    carrel::siem::event_reader reader;
    reader.use(in_force.current());
    carrel::siem::new_event made;
    BOOST_REQUIRE((reader.read(event, d.now, made) == carrel::siem::event_reader::verdict::accepted));
    return made.host.value_or("none");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_mapping_is_answered_whole) {
    domain d;
    const auto made =
        d.post("/field-mappings", body("m", R"({"b.c":"host","a":"severity"})", R"(,"aliases":{"Image":"p.exe"})"),
               [](call& request) { request.principal = "ana"; });
    BOOST_TEST((made.reply.kind == outcome::created));
    const std::string expected =
        R"({"id":"m","version":1,"created_at":"2023-11-14T22:13:20.000000Z","updated_at":"2023-11-14T22:13:20.000000Z",)"
        R"("name":"m","description":null,"builtin":false,"enabled":true,"priority":100,)"
        R"("mappings":{"b.c":"host","a":"severity"},"aliases":{"Image":"p.exe"},"lifecycle":"experimental",)"
        R"("deprecated_at":null,"deprecated_reason":null,"deprecated_by":null,"sunset_at":null,"created_by":"ana",)"
        R"("updated_by":"ana"})";
    BOOST_TEST(made.reply.body == expected);
    BOOST_TEST(d.get("/field-mappings/m").reply.body == expected);
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_body_is_named) {
    domain d;
    BOOST_TEST(d.post("/field-mappings", "{}").faults() == "name");
    BOOST_TEST(d.post("/field-mappings", R"({"name":"n"})").faults() == "mappings");
    const auto with = [&](std::string_view more) {
        return d.post("/field-mappings", R"({"name":"n",)" + std::string(more) + "}").faults();
    };
    BOOST_TEST(with(R"("mappings":[])") == "mappings");
    BOOST_TEST(with(R"("mappings":{"a":"hosts","b":7,"c":"host"})") == "mappings.a mappings.b");
    BOOST_TEST(with(R"("mappings":{"":"host"})") == "mappings");
    BOOST_TEST(with(R"("mappings":{")" + std::string(1025, 'x') + R"(":"host"})") == "mappings");
    BOOST_TEST(with(R"("aliases":{"a":"","b":1,"":"x"})") == "aliases.a aliases.b aliases");
    BOOST_TEST(with(R"("mappings":{"a":"host"},"builtin":true,"lifecycle":"stable")") == "builtin lifecycle");
    BOOST_TEST(with(R"("mappings":{"a":"host"},"priority":1000000)") == "priority");
    std::string many = "{";
    for (int i = 0; i < 201; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":"host")";
    BOOST_TEST(with(R"("mappings":)" + many + "}") == "mappings");
    BOOST_TEST(d.get("/field-mappings/count").at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(names_are_taken_once) {
    domain d;
    d.post("/field-mappings", body("a"));
    d.post("/field-mappings", body("b"));
    const auto again = d.post("/field-mappings", R"({"name":"a","mappings":{"x":"host"}})");
    BOOST_TEST(is(again, problem_code::conflict));
    BOOST_TEST(again.faults() == "name");
    BOOST_TEST(d.patch("/field-mappings/b", R"({"name":"a"})").faults() == "name");
    BOOST_TEST(d.post("/field-mappings", R"({"name":"builtin","mappings":{"x":"host"}})").faults() == "name");
}

BOOST_AUTO_TEST_CASE(the_builtin_mappings_are_listed_and_stay_as_they_are) {
    domain d;
    const auto read = d.get("/field-mappings/builtin");
    BOOST_TEST(read.at("/builtin").as_bool());
    BOOST_TEST(read.text("/lifecycle") == "stable");
    BOOST_TEST(read.at("/mappings").at("Computer").as_string() == "host");
    BOOST_TEST(read.at("/mappings").as_object().size() == carrel::siem::builtin_mappings().size());
    for (const auto& refused :
         {d.patch("/field-mappings/builtin", R"({"enabled":false})"), d.remove("/field-mappings/builtin"),
          d.send(method::put, "/field-mappings/builtin", R"({"name":"x","mappings":{"a":"host"}})", {}),
          d.post("/field-mappings/builtin/lifecycle", R"({"to":"archived","reason":"r"})")})
        BOOST_TEST(is(refused, problem_code::conflict));
    const auto many = d.post("/field-mappings/bulk", R"({"action":"delete","ids":["builtin"]})");
    BOOST_TEST(many.at("/failed").as_int64() == 1);
    BOOST_TEST(d.get("/field-mappings/builtin").reply.body == read.reply.body);
}

BOOST_AUTO_TEST_CASE(a_mapping_lives_by_the_machine_of_rules_and_leaves_a_trail) {
    domain d;
    d.post("/field-mappings", body("m"));
    const auto move = [&](std::string_view how) { return d.post("/field-mappings/m/lifecycle", how); };
    BOOST_TEST(is(move(R"({"to":"stable"})"), problem_code::illegal_transition));
    BOOST_TEST(is(move(R"({"to":"experimental"})"), problem_code::illegal_transition));
    BOOST_TEST(move(R"({"to":"test"})").text("/lifecycle") == "test");
    BOOST_TEST(move(R"({"to":"stable"})").text("/lifecycle") == "stable");
    BOOST_TEST(move(R"({"to":"deprecated"})").faults() == "reason");
    const auto gone = move(R"({"to":"deprecated","reason":"old"})");
    BOOST_TEST(gone.text("/deprecated_reason") == "old");
    BOOST_TEST(move(R"({"to":"archived","reason":"older"})").text("/lifecycle") == "archived");
    BOOST_TEST(is(move(R"({"to":"stable","reason":"r"})"), problem_code::illegal_transition));
    BOOST_TEST(d.get("/field-mappings/m/lifecycle").at("/items").as_array().size() == 4u);
    BOOST_TEST(d.get("/field-mappings/m/versions").at("/items").as_array().size() == 4u);
}

BOOST_AUTO_TEST_CASE(events_are_read_by_what_is_enabled_and_in_test_or_stable) {
    domain d;
    constexpr std::string_view event = R"({"box":{"name":"web-1"},"Computer":"dc-1"})";
    BOOST_TEST(host_of(d, event) == "dc-1");
    d.post("/field-mappings", body("m"));
    BOOST_TEST(host_of(d, event) == "dc-1");
    promote(d, "m");
    BOOST_TEST(host_of(d, event) == "web-1");
    BOOST_TEST(host_of(d, R"({"Computer":"dc-1"})") == "dc-1");
    d.patch("/field-mappings/m", R"({"enabled":false})");
    BOOST_TEST(host_of(d, event) == "dc-1");
    d.patch("/field-mappings/m", R"({"enabled":true})");
    d.post("/field-mappings/m/lifecycle", R"({"to":"stable"})");
    BOOST_TEST(host_of(d, event) == "web-1");
    d.patch("/field-mappings/m", R"({"mappings":{"box.name":"source"}})");
    BOOST_TEST(host_of(d, event) == "dc-1");
    d.patch("/field-mappings/m", R"({"mappings":{"box.name":"host"}})");
    d.post("/field-mappings/m/lifecycle", R"({"to":"deprecated","reason":"old"})");
    BOOST_TEST(host_of(d, event) == "dc-1");
}

BOOST_AUTO_TEST_CASE(of_two_mappings_the_one_of_lower_priority_wins) {
    domain d;
    constexpr std::string_view event = R"({"a":"one","b":"two","Computer":"dc-1"})";
    d.post("/field-mappings", body("m", R"({"a":"host"})"));
    d.post("/field-mappings", body("n", R"({"b":"host","Computer":"source"})"));
    promote(d, "m");
    promote(d, "n");
    BOOST_TEST(host_of(d, event) == "one");
    BOOST_TEST(host_of(d, R"({"Computer":"dc-1"})") == "none");
    d.patch("/field-mappings/n", R"({"priority":1})");
    BOOST_TEST(host_of(d, event) == "two");
    d.remove("/field-mappings/n");
    BOOST_TEST(host_of(d, event) == "one");
}

BOOST_AUTO_TEST_CASE(what_was_stored_later_stays_in_force) {
    domain d;
    carrel::siem::mappings_in_force in_force;
    const auto before = stored(d);
    d.post("/field-mappings", body("m"));
    promote(d, "m");
    in_force.publish(stored(d));
    const auto table = in_force.current();
    BOOST_TEST((table->find("box.name") != nullptr));
    in_force.publish(before);
    BOOST_TEST((in_force.current() == table));
    // The table that a request began with outlives the next one.
    d.remove("/field-mappings/m");
    in_force.publish(stored(d));
    BOOST_TEST((in_force.current()->find("box.name") == nullptr));
    BOOST_TEST((table->find("box.name") != nullptr));
}

BOOST_AUTO_TEST_CASE(the_mappings_in_use_together_are_bounded) {
    domain d;
    const auto many = [](const std::string& prefix) {
        std::string all = "{";
        for (int i = 0; i < 200; ++i) all += (i == 0 ? "\"" : ",\"") + prefix + std::to_string(i) + R"(":"host")";
        return all + "}";
    };
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
        BOOST_REQUIRE(!d.post("/field-mappings", body(name, many(name))).refused.has_value());
        promote(d, name);
    }
    d.post("/field-mappings", body("k"));
    const auto refused = d.post("/field-mappings/k/lifecycle", R"({"to":"test"})");
    BOOST_TEST(is(refused, problem_code::conflict));
    BOOST_TEST(refused.refused->detail.find("2001 paths; at most 2000") != std::string::npos, refused.refused->detail);
    d.patch("/field-mappings/a", R"({"enabled":false})");
    promote(d, "k");
    BOOST_TEST(d.patch("/field-mappings/a", R"({"enabled":true})").refused.has_value());
    BOOST_TEST(host_of(d, R"({"j199":"x"})") == "x");
}

BOOST_AUTO_TEST_CASE(a_trial_tells_what_events_would_become) {
    domain d;
    d.post("/field-mappings", body("m", R"({"box.name":"host"})", R"(,"aliases":{"Image":"proc.exe","None":"x.y"})"));
    const auto given =
        d.post("/field-mappings/test", R"({"mapping_id":"m","events":[{"box":{"name":"web-1"},"Computer":"dc-1",)"
                                       R"("proc":{"exe":"sh"},"time":"2026-11-23T10:00:00Z"}]})");
    BOOST_TEST(given.at("/items/0/id").is_null());
    BOOST_TEST(given.text("/items/0/columns/host") == "web-1");
    BOOST_TEST(given.text("/items/0/columns/timestamp") == "2026-11-23T10:00:00.000000Z");
    BOOST_TEST(given.at("/items/0/columns/source").is_null());
    BOOST_TEST(given.text("/items/0/builtin/host") == "dc-1");
    BOOST_TEST(given.text("/items/0/aliases/Image") == "sh");
    BOOST_TEST(given.at("/items/0/aliases/None").is_null());

    d.ingest_lines(
        "{\"n\":\"old\",\"time\":\"2020-01-01T00:00:00Z\"}\n{\"n\":\"new\",\"time\":\"2021-01-01T00:00:00Z\"}\n");
    const auto stored_ones = d.post("/field-mappings/test", R"({"mappings":{"n":"channel"},"limit":1})");
    BOOST_TEST(stored_ones.at("/items").as_array().size() == 1u);
    BOOST_TEST(stored_ones.text("/items/0/columns/channel") == "new");
    BOOST_TEST(stored_ones.text("/items/0/id").size() == 36u);
    BOOST_TEST(d.get("/field-mappings/count").at("/count").as_int64() == 2);
}

BOOST_AUTO_TEST_CASE(a_trial_of_nothing_is_refused) {
    domain d;
    const auto faults = [&](const char* text) { return d.post("/field-mappings/test", text).faults(); };
    BOOST_TEST(faults("{}") == "mapping_id");
    BOOST_TEST(faults(R"({"mapping_id":"none"})") == "mapping_id");
    BOOST_TEST(faults(R"({"mapping_id":"builtin","mappings":{}})") == "mapping_id");
    BOOST_TEST(faults(R"({"mappings":{"a":"b"}})") == "mappings.a");
    BOOST_TEST(faults(R"({"mappings":{},"events":[]})") == "events");
    BOOST_TEST(faults(R"({"mappings":{},"events":[1]})") == "events[0]");
    BOOST_TEST(faults(R"({"mappings":{},"limit":101,"other":1})") == "limit other");
}

BOOST_AUTO_TEST_CASE(the_fields_of_events_are_found_by_frequency) {
    domain d;
    d.ingest_lines(
        "{\"box\":{\"computer_name\":\"a\"},\"k\":[1,2],\"Computer\":\"x\"}\n"
        "{\"box\":{\"computer_name\":\"b\"},\"k\":null}\n{\"box\":{\"computer_name\":\"c\"}}\n");
    const auto found = d.post("/field-mappings/discover", "");
    BOOST_TEST(found.at("/events").as_int64() == 3);
    BOOST_TEST(found.at("/items").as_array().size() == 3u);
    BOOST_TEST(found.text("/items/0/path") == "box.computer_name");
    BOOST_TEST(found.at("/items/0/events").as_int64() == 3);
    BOOST_TEST(found.at("/items/0/builtin").is_null());
    BOOST_TEST(found.text("/items/0/suggested") == "host");
    BOOST_TEST(found.text("/items/1/path") == "Computer");
    BOOST_TEST(found.text("/items/1/builtin") == "host");
    BOOST_TEST(found.text("/items/2/path") == "k");
    BOOST_TEST(found.at("/items/2/suggested").is_null());
    const auto narrowed = d.send(method::post, "/field-mappings/discover", "", {{"host", "x"}, {"limit", "5"}});
    BOOST_TEST(narrowed.at("/events").as_int64() == 1);
    BOOST_TEST(d.send(method::post, "/field-mappings/discover", "", {{"limit", "0"}}).faults() == "limit");
    BOOST_TEST(d.send(method::post, "/field-mappings/discover", "", {{"other", "0"}}).faults() == "other");
}

BOOST_AUTO_TEST_CASE(filters_and_orders_find_what_they_name) {
    domain d;
    d.post("/field-mappings", body("b", R"({"x":"host"})", R"(,"description":"Firewall of the lab")"));
    d.post("/field-mappings", body("a", R"({"x":"host"})", R"(,"enabled":false,"priority":5)"));
    BOOST_TEST(ids(d.get("/field-mappings")) == "a b builtin");
    BOOST_TEST(ids(d.get("/field-mappings", {{"sort", "priority"}})) == "a b builtin");
    BOOST_TEST(ids(d.get("/field-mappings", {{"builtin", "false"}})) == "a b");
    BOOST_TEST(ids(d.get("/field-mappings", {{"builtin", "true"}})) == "builtin");
    BOOST_TEST(ids(d.get("/field-mappings", {{"enabled", "false"}})) == "a");
    BOOST_TEST(ids(d.get("/field-mappings", {{"lifecycle", "stable"}})) == "builtin");
    BOOST_TEST(ids(d.get("/field-mappings", {{"name", "b"}})) == "b");
    BOOST_TEST(ids(d.get("/field-mappings", {{"q", "firewall"}})) == "b");
    const auto stale = d.patch("/field-mappings/b", R"({"priority":6})", [](call& request) {
        request.conditions.if_match = carrel::siem::version_list{false, {7}};
    });
    BOOST_TEST(is(stale, problem_code::stale_version));
    BOOST_TEST((d.remove("/field-mappings/b").reply.kind == outcome::no_content));
}

BOOST_AUTO_TEST_SUITE_END()
