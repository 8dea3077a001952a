// Dead letters: kept as they came, replayed once, discarded, bounded.
#include "siem/listeners/dead_letters.hpp"
#include "siem/listeners/dead_letter_upkeep.hpp"
#include "support/plans.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::siem;
using carrel::testing::answer;
using carrel::testing::domain;

namespace {

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;

dead_letter letter(std::string raw, dead_letter_protocol protocol = dead_letter_protocol::json) {
    dead_letter made;
    made.protocol = protocol;
    made.listener_id = "l1";
    made.source = "192.0.2.7";
    made.reason = "not JSON";
    made.details = "at byte 3";
    made.raw = std::move(raw);
    made.received_at = 1'600'000'000'000'000;
    return made;
}

dead_letters_added add(domain& d, const std::vector<dead_letter>& letters, const dead_letter_bounds& bounds = {}) {
    return d.write([&](carrel::write_session& session) { return add_dead_letters(session, letters, bounds); }).value();
}

// The id of the one letter whose `reason` it is.
std::string id_of(domain& d, std::string_view reason = "not JSON") {
    return d.get("/dlq", {{"reason", std::string(reason)}}).text("/items/0/id");
}

std::int64_t events(domain& d) { return d.get("/events/count").at("/count").as_int64(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(dead_letters_)

BOOST_AUTO_TEST_CASE(a_letter_is_kept_as_it_came_with_why) {
    domain d;
    BOOST_TEST(add(d, {letter("{\"a\":")}).added == 1);
    const auto kept = d.get("/dlq/" + id_of(d));
    BOOST_TEST(kept.text("/status") == "pending");
    BOOST_TEST(kept.text("/protocol") == "json");
    BOOST_TEST(kept.text("/listener_id") == "l1");
    BOOST_TEST(kept.text("/source") == "192.0.2.7");
    BOOST_TEST(kept.text("/details") == "at byte 3");
    BOOST_TEST(kept.text("/raw") == "{\"a\":");
    BOOST_TEST(kept.text("/encoding") == "utf8");
    BOOST_TEST(kept.at("/size_bytes").as_int64() == 5);
    BOOST_TEST(kept.text("/received_at") == "2020-09-13T12:26:40.000000Z");
    BOOST_TEST(is(d.get("/dlq/other"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_kept_in_base64_and_names_are_cleaned) {
    domain d;
    dead_letter odd = letter(std::string("\xff\0a", 3));
    odd.reason = std::string("bad \xff") + std::string(500, 'x');
    odd.details = "";
    add(d, {odd});
    const auto kept = d.get("/dlq");
    BOOST_TEST(kept.text("/items/0/encoding") == "base64");
    BOOST_TEST(kept.text("/items/0/raw") == "/wBh");
    BOOST_TEST(kept.text("/items/0/reason").starts_with("bad ?xx"));
    BOOST_TEST(kept.text("/items/0/reason").size() == 200U);
    BOOST_TEST(kept.at("/items/0/details").is_null());
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_cut_and_says_so) {
    domain d;
    add(d, {letter(std::string(dead_letter_bytes_max + 1, 'x'))});
    const auto kept = d.get("/dlq/" + id_of(d));
    BOOST_TEST(kept.at("/was_cut").as_bool());
    BOOST_TEST(kept.at("/size_bytes").as_int64() == static_cast<std::int64_t>(dead_letter_bytes_max));
    BOOST_TEST(is(d.post("/dlq/" + id_of(d) + "/replay", {}), problem_code::invalid));
    BOOST_TEST(events(d) == 0);
}

BOOST_AUTO_TEST_CASE(lists_are_filtered) {
    domain d;
    dead_letter other = letter("x", dead_letter_protocol::cef);
    other.listener_id = "";
    other.reason = "no CEF";
    add(d, {letter("1"), letter("2"), other});
    BOOST_TEST(d.get("/dlq/count").at("/count").as_int64() == 3);
    BOOST_TEST(d.get("/dlq", {{"protocol", "cef"}}).at("/items").as_array().size() == 1U);
    BOOST_TEST(d.get("/dlq", {{"listener", "l1"}}).at("/items").as_array().size() == 2U);
    BOOST_TEST(d.get("/listeners/l1/dlq").at("/items").as_array().size() == 2U);
    BOOST_TEST(d.get("/listeners/l1/dlq", {{"protocol", "cef"}}).at("/items").as_array().empty());
    BOOST_TEST(d.get("/dlq", {{"status", "replayed"}}).at("/items").as_array().empty());
    BOOST_TEST(d.get("/dlq/count", {{"to", "2020-01-01T00:00:00Z"}}).at("/count").as_int64() == 0);
    BOOST_TEST(is(d.get("/dlq", {{"protocol", "smtp"}}), problem_code::bad_request));
}

BOOST_AUTO_TEST_CASE(a_replay_stores_the_event_once) {
    domain d;
    add(d, {letter(" {\"host\":\"web\",\"n\":9007199254740993} ")});
    const std::string id = id_of(d);
    const auto done = d.post("/dlq/" + id + "/replay", {});
    BOOST_REQUIRE(!done.refused);
    BOOST_TEST(done.text("/status") == "replayed");
    const auto event = d.get("/events/" + done.text("/event_id"));
    BOOST_TEST(event.text("/host") == "web");
    BOOST_TEST(event.at("/fields/n").as_int64() == 9007199254740993);
    BOOST_TEST(event.text("/timestamp") == "2020-09-13T12:26:40.000000Z");
    const auto again = d.post("/dlq/" + id + "/replay", {});
    BOOST_TEST(is(again, problem_code::conflict));
    BOOST_TEST(again.refused->detail.find(done.text("/event_id")) != std::string::npos);
    BOOST_TEST(is(d.remove("/dlq/" + id), problem_code::conflict));
    BOOST_TEST(events(d) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_event_stays_and_counts_its_failures) {
    domain d;
    for (const char* raw : {"{\"a\":", "[1]", "7", ""}) {
        dead_letter one = letter(raw);
        one.reason = std::string("case ") + raw;
        add(d, {one});
        const std::string path = "/dlq/" + id_of(d, one.reason);
        const auto refused = d.post(path + "/replay", {});
        BOOST_TEST(is(refused, problem_code::invalid), raw);
        BOOST_TEST(refused.faults() == "raw", raw);
        BOOST_TEST(d.get(path).text("/status") == "pending");
        BOOST_TEST(d.get(path).at("/retries").as_int64() == 1);
    }
    BOOST_TEST(events(d) == 0);
}

BOOST_AUTO_TEST_CASE(whatever_came_can_be_replayed_as_a_message) {
    domain d;
    add(d, {letter("CEF:0|broken \xff", dead_letter_protocol::cef)});
    const std::string path = "/dlq/" + id_of(d) + "/replay";
    BOOST_TEST(is(d.send(method::post, path, {}, {{"as", "text"}}), problem_code::bad_request));
    BOOST_TEST(d.send(method::post, path, {}, {{"as", "message"}, {"as", "event"}}).faults() == "as");
    const auto done = d.send(method::post, path, {}, {{"as", "message"}});
    BOOST_REQUIRE(!done.refused);
    const auto event = d.get("/events/" + done.text("/event_id"));
    BOOST_TEST(event.text("/fields/message") == "CEF:0|broken ?");
    BOOST_TEST(event.text("/fields/peer") == "192.0.2.7");
}

BOOST_AUTO_TEST_CASE(a_protocol_brings_its_own_reader) {
    domain d;
    read_dead_letters_by(dead_letter_protocol::fluentd,
                         [](std::string_view raw, std::string_view source, timestamp, dead_letter_event& into) {
                             into.why = "is short";
                             if (raw.size() < 3) return false;
                             into.json = R"({"host":")" + std::string(source) + "\"}";
                             into.at = 1'500'000'000'000'000;
                             return true;
                         });
    add(d, {letter("long", dead_letter_protocol::fluentd)});
    const auto done = d.post("/dlq/" + id_of(d) + "/replay", {});
    BOOST_REQUIRE(!done.refused);
    BOOST_TEST(d.get("/events/" + done.text("/event_id")).text("/timestamp") == "2017-07-14T02:40:00.000000Z");
    dead_letter brief = letter("xx", dead_letter_protocol::fluentd);
    brief.reason = "brief";
    add(d, {brief});
    BOOST_TEST(d.post("/dlq/" + id_of(d, "brief") + "/replay", {}).refused->detail.find("is short") !=
               std::string::npos);
    read_dead_letters_by(dead_letter_protocol::fluentd, nullptr);
}

BOOST_AUTO_TEST_CASE(many_are_replayed_each_told) {
    domain d;
    add(d, {letter("{\"n\":1}"), letter("broken"), letter("{\"n\":2}"), letter("x", dead_letter_protocol::cef)});
    const auto done = d.post("/dlq/replay", R"({"filter":{"protocol":"json"}})");
    BOOST_REQUIRE(!done.refused);
    BOOST_TEST(done.at("/replayed").as_int64() == 2);
    BOOST_TEST(done.at("/failed").as_int64() == 1);
    BOOST_TEST(!done.at("/more").as_bool());
    BOOST_TEST(done.at("/items").as_array().size() == 3U);
    BOOST_TEST(events(d) == 2);
    const auto items = done.at("/items");
    for (const auto& each : items.as_array())
        if (each.at("ok").as_bool())
            BOOST_TEST(!d.get("/events/" + std::string(each.at("event_id").as_string())).refused);
    // Each is replayed once; what failed comes behind what was not tried yet.
    const auto again = d.post("/dlq/replay", R"({"filter":{},"limit":1})");
    BOOST_TEST(again.at("/more").as_bool());
    BOOST_TEST(again.at("/items/0/ok").as_bool() == false);
    BOOST_TEST(d.get("/dlq", {{"protocol", "cef"}}).at("/items/0/retries").as_int64() == 1);
    BOOST_TEST(events(d) == 2);
    BOOST_TEST(d.count("SELECT count(*) FROM event_segments") == 1);
}

BOOST_AUTO_TEST_CASE(many_are_named_by_their_ids) {
    domain d;
    add(d, {letter("{\"n\":1}")});
    const std::string id = id_of(d);
    const auto done = d.post("/dlq/replay", R"({"ids":[")" + id + R"(",")" + id + R"(","gone"]})");
    BOOST_TEST(done.at("/replayed").as_int64() == 1);
    BOOST_TEST(done.at("/failed").as_int64() == 2);
    BOOST_TEST(done.text("/items/2/detail") == "does not exist");
    BOOST_TEST(events(d) == 1);
}

BOOST_AUTO_TEST_CASE(a_choice_that_is_none_is_refused) {
    domain d;
    for (const char* path : {"/dlq/replay", "/dlq/discard"}) {
        BOOST_TEST(d.post(path, "{}").faults() == "ids");
        BOOST_TEST(d.post(path, R"({"ids":[]})").faults() == "ids");
        BOOST_TEST(d.post(path, R"({"ids":["a"],"filter":{}})").faults() == "ids");
        BOOST_TEST(d.post(path, R"({"ids":["a"],"limit":3})").faults() == "limit");
        BOOST_TEST(d.post(path, R"({"ids":[1]})").faults() == "ids[0]");
        BOOST_TEST(d.post(path, R"({"filter":{"status":"pending"}})").faults() == "filter.status");
        BOOST_TEST(d.post(path, R"({"filter":{"protocol":"smtp"}})").faults() == "filter.protocol");
        BOOST_TEST(d.post(path, R"({"filter":{"protocol":7}})").faults() == "filter.protocol");
        BOOST_TEST(d.post(path, R"({"filter":[]})").faults() == "filter");
        BOOST_TEST(d.post(path, R"({"filter":{},"limit":1001})").faults() == "limit");
        BOOST_TEST(d.post(path, R"({"filter":{},"x":1})").faults() == "x");
    }
}

BOOST_AUTO_TEST_CASE(what_is_discarded_is_not_replayed) {
    domain d;
    add(d, {letter("{\"n\":1}"), letter("{\"n\":2}"), letter("{\"n\":3}")});
    const std::string id = id_of(d);
    BOOST_TEST((d.remove("/dlq/" + id).reply.kind == outcome::no_content));
    BOOST_TEST(d.get("/dlq/" + id).text("/status") == "discarded");
    BOOST_TEST(is(d.remove("/dlq/" + id), problem_code::conflict));
    BOOST_TEST(is(d.post("/dlq/" + id + "/replay", {}), problem_code::conflict));
    const auto many = d.post("/dlq/discard", R"({"filter":{"listener":"l1"},"limit":1})");
    BOOST_TEST(many.at("/discarded").as_int64() == 1);
    BOOST_TEST(many.at("/more").as_bool());
    BOOST_TEST(d.post("/dlq/replay", R"({"filter":{}})").at("/replayed").as_int64() == 1);
    BOOST_TEST(events(d) == 1);
}

BOOST_AUTO_TEST_CASE(letters_go_by_their_age) {
    domain d;
    dead_letter fresh = letter("new");
    fresh.received_at += 10 * day;
    add(d, {letter("old"), fresh});
    const timestamp then = fresh.received_at + 25 * day;
    BOOST_TEST(d.read([&](carrel::read_session& session) { return has_old_dead_letters(session, then); }).value());
    BOOST_TEST(d.write([&](carrel::write_session& session) { return drop_old_dead_letters(session, then); }).value() ==
               1);
    BOOST_TEST(!d.read([&](carrel::read_session& session) { return has_old_dead_letters(session, then); }).value());
    BOOST_TEST(d.get("/dlq").text("/items/0/raw") == "new");
    BOOST_TEST(d.count("SELECT letters * 100 + bytes FROM dead_letter_totals") == 103);
}

BOOST_AUTO_TEST_CASE(the_oldest_make_room_those_that_were_dealt_with_first) {
    domain d;
    dead_letter first = letter("{\"n\":1}"), second = letter("{\"n\":2}");
    first.reason = "first";
    second.reason = "second";
    add(d, {first, second});
    d.remove("/dlq/" + id_of(d, "second"));
    const dead_letter_bounds few{.letters = 3, .bytes = 100};
    BOOST_TEST(add(d, {letter("third")}, few).evicted == 0);
    BOOST_TEST(add(d, {letter("fourth")}, few).evicted == 1);
    BOOST_TEST(d.get("/dlq/count", {{"reason", "second"}}).at("/count").as_int64() == 0);
    BOOST_TEST(add(d, {letter("fifth")}, few).evicted == 1);
    BOOST_TEST(d.get("/dlq/count", {{"reason", "first"}}).at("/count").as_int64() == 0);
    BOOST_TEST(add(d, {letter(std::string(90, 'x'))}, few).evicted == 2);
    BOOST_TEST(d.count("SELECT sum(size_bytes) FROM dead_letters") == 95);
    BOOST_TEST(d.count("SELECT bytes FROM dead_letter_totals") == 95);
    BOOST_TEST(d.count("SELECT letters FROM dead_letter_totals") == 2);
    // One that is larger than all that may be kept is kept alone.
    BOOST_TEST(add(d, {letter(std::string(101, 'x'))}, few).evicted == 2);
    BOOST_TEST(d.get("/dlq/count").at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_replayed_next_and_what_goes_next_is_found_by_an_index) {
    domain d;
    for (const char* sql : {"SELECT id FROM dead_letters INDEXED BY dead_letters_to_replay WHERE status = 0 ORDER BY "
                            "retries, seq LIMIT 10",
                            "SELECT seq FROM dead_letters WHERE status <> 0 ORDER BY seq LIMIT 1",
                            "SELECT seq FROM dead_letters WHERE received_at < 7 ORDER BY received_at LIMIT 10"}) {
        const std::string plan = carrel::testing::plan_of(d, sql);
        BOOST_TEST(plan.find("INDEX dead_letters_") != plan.npos, plan);
        BOOST_TEST(plan.find("TEMP B-TREE") == plan.npos, plan);
    }
}

BOOST_AUTO_TEST_SUITE_END()
