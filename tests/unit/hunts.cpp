// Hunts for indicators in the stored events.
#include "siem/hunt_step.hpp"
#include "siem/hunt_tokens.hpp"
#include "siem/indicators.hpp"

#include "indicators/normalize.hpp"
#include "json/writer.hpp"
#include "query/tokens.hpp"
#include "support/domain.hpp"
#include "support/plans.hpp"
#include "support/sealing.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using carrel::siem::problem_code;
using carrel::testing::answer;
using carrel::testing::domain;
using carrel::testing::seal_all;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(hunts)

namespace {

constexpr std::int64_t begin = 1'699'000'000;  // some days before the domain's now

void add(domain& d, const std::string& id, const std::string& value) {
    const auto got = d.post("/iocs", R"({"id":")" + id + R"(","value":")" + value + R"("})");
    BOOST_REQUIRE(!got.refused.has_value());
}

std::string range(std::int64_t from = begin, std::int64_t to = begin + 1'000'000) {
    return R"("from":")" + carrel::siem::format_time(from * 1'000'000) + R"(","to":")" +
           carrel::siem::format_time(to * 1'000'000) + "\"";
}

std::string start(domain& d, const std::string& ids, const std::string& when = range()) {
    const auto got = d.post("/hunts", R"({"ioc_ids":[)" + ids + "]," + when + "}");
    BOOST_REQUIRE_MESSAGE(!got.refused.has_value(), (got.refused ? got.refused->detail : ""));
    return got.text("/id");
}

// One step of the oldest hunt, as the runner does it; false if there is none.
bool step(domain& d, std::chrono::milliseconds time_max = 60'000ms) {
    const auto hunt = d.read(carrel::siem::next_hunt).value();
    if (!hunt) return false;
    const auto found = d.read([&](carrel::read_session& s) { return carrel::siem::look(s, *hunt, time_max); }).value();
    return d.write([&](carrel::write_session& s) { return carrel::siem::keep_step(s, *hunt, found, d.now); }).value();
}

int run_all(domain& d, std::chrono::milliseconds time_max = 60'000ms) {
    int steps = 0;
    while (step(d, time_max)) ++steps;
    return steps;
}

// `ioc:field=value` of a hunt's matches, in no order.
std::multiset<std::string> matches(domain& d, const std::string& path) {
    std::multiset<std::string> all;
    const auto got = d.get(path, {{"limit", "1000"}}).json();
    for (const auto& each : got.at("items").as_array())
        all.insert(std::string(each.at("ioc_id").as_string()) + ":" + std::string(each.at("field").as_string()) + "=" +
                   std::string(each.at("value").as_string()));
    return all;
}

std::string line(int n, const std::string& members) {
    return R"({"ts":)" + std::to_string(begin + n) + "," + members + "}\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_asked_for_is_checked) {
    domain d;
    add(d, "i", "192.0.2.1");
    const auto faults = [&](const std::string& body) { return d.post("/hunts", body).faults(); };
    BOOST_TEST(faults("{}") == "from to");
    BOOST_TEST(faults("{" + range() + "}") == "ioc_ids");
    BOOST_TEST(faults(R"({"ioc_ids":["i"],"filter":{"type":"ip"},)" + range() + "}") == "ioc_ids");
    BOOST_TEST(faults(R"({"ioc_ids":["i","none"],)" + range() + "}") == "ioc_ids[1]");
    BOOST_TEST(faults(R"({"ioc_ids":["i"],)" + range(begin, begin - 1) + "}") == "to");
    BOOST_TEST(faults(R"({"ioc_ids":["i"],)" + range(begin, begin + 2'000'000) + "}") == "to");
    BOOST_TEST(faults(R"({"ioc_ids":["i"],)" + range(begin - 91 * 86'400, begin) + "}") == "to");
    BOOST_TEST(faults(R"({"ioc_ids":["i"],)" + range(begin - 90 * 86'400, begin) + "}") == "");
    std::string many;
    for (int i = 0; i < 101; ++i) many += (i ? ",\"i\"" : "\"i\"");
    BOOST_TEST(faults(R"({"ioc_ids":[)" + many + "]," + range() + "}") == "ioc_ids");
    BOOST_TEST(faults(R"({"ioc_ids":["i"],"status":"completed",)" + range() + "}") == "status");
    BOOST_TEST(faults(R"({"filter":{},)" + range() + "}") == "filter");
    BOOST_TEST(faults(R"({"filter":[],)" + range() + "}") == "filter");
    BOOST_TEST(faults(R"({"filter":{"nope":"x"},)" + range() + "}") == "filter.nope");
    BOOST_TEST(faults(R"({"filter":{"type":"bad"},)" + range() + "}") == "filter.type");
    BOOST_TEST(faults(R"({"filter":{"type":{"a":1}},)" + range() + "}") == "filter.type");
    BOOST_TEST(faults(R"({"filter":{"type":"domain"},)" + range() + "}") == "filter");  // finds none
    BOOST_TEST(d.count("SELECT count(*) FROM hunts") == 1);
}

BOOST_AUTO_TEST_CASE(a_filter_names_indicators_once_and_at_most_a_hundred) {
    domain d;
    add(d, "i", "192.0.2.1");
    add(d, "j", "evil.example");
    const auto got =
        d.post("/hunts",
               R"({"filter":{"type":["ip","domain"],"value":"EVIL[.]example","min_confidence":10},)" + range() + "}");
    BOOST_TEST(got.at("/ioc_ids").as_array().size() == 1u);
    BOOST_TEST(got.text("/ioc_ids/0") == "j");
    BOOST_TEST(d.get("/hunts", {{"ioc_id", "j"}}).at("/items").as_array().size() == 1u);
    std::string list;
    for (int i = 0; i < 100; ++i) list += "10.0.0." + std::to_string(i) + "\n";
    d.post_file("/iocs/import", list);
    BOOST_TEST(d.post("/hunts", R"({"filter":{"type":"ip"},)" + range() + "}").faults() == "filter");
    BOOST_TEST(d.post("/hunts", R"({"filter":{"type":"ip","tag":"none"},)" + range() + "}").faults() == "filter");
}

BOOST_AUTO_TEST_CASE(each_kind_is_found_wherever_it_stands_in_an_event) {
    domain d;
    add(d, "ip", "192.0.2.1");
    add(d, "v6", "2001:db8::1");
    add(d, "net", "198.51.100.0/24");
    add(d, "dom", "evil.example");
    add(d, "md5", "d41d8cd98f00b204e9800998ecf8427e");
    add(d, "url", "http://bad.example/X");
    add(d, "mail", "a@mail.example");
    add(d, "exe", "evil.exe");
    add(d, "reg", R"(HKLM\\Software\\Evil)");
    add(d, "cve", "CVE-2021-44228");
    d.ingest_lines(
        line(1, R"("src":"192.0.2.1:443","dst":{"ip":["::ffff:192.0.2.1","2001:0db8:0:0::1"]})") +
        line(2, R"("peer":"198.51.100.77","host":"EVIL.example.")") +
        line(3, R"("Hashes":"SHA1=da39a3ee5e6b4b0d3255bfef95601890afd80709,MD5=D41D8CD98F00B204E9800998ECF8427E")") +
        line(4, R"("u":"HTTP:\/\/bad.example:80\/X#y","m":"a@Mail.example","img":"C:\\Temp\\Evil.EXE")") +
        line(5, R"("k":"HKEY_LOCAL_MACHINE\\SOFTWARE\\evil","n":{"v":"cve-2021-44228"})") +
        line(6, R"("none":"192.0.2.11","other":"notevil.example","x":1921,"y":null,"z":true)"));
    const auto id = start(d, R"("ip","v6","net","dom","md5","url","mail","exe","reg","cve")");
    run_all(d);
    const std::multiset<std::string> expected = {"ip:src=192.0.2.1:443",
                                                 "ip:dst.ip=::ffff:192.0.2.1",
                                                 "v6:dst.ip=2001:0db8:0:0::1",
                                                 "net:peer=198.51.100.77",
                                                 "dom:host=EVIL.example.",
                                                 "md5:Hashes=SHA1=da39a3ee5e6b4b0d3255bfef95601890afd80709,MD5="
                                                 "D41D8CD98F00B204E9800998ECF8427E",
                                                 "url:u=HTTP://bad.example:80/X#y",
                                                 "mail:m=a@Mail.example",
                                                 R"(exe:img=C:\Temp\Evil.EXE)",
                                                 R"(reg:k=HKEY_LOCAL_MACHINE\SOFTWARE\evil)",
                                                 "cve:n.v=cve-2021-44228"};
    BOOST_TEST(matches(d, "/hunts/" + id + "/matches") == expected, boost::test_tools::per_element());
    const auto hunt = d.get("/hunts/" + id);
    BOOST_TEST(hunt.text("/status") == "completed");
    BOOST_TEST(hunt.at("/progress").to_number<double>() == 1.0);
    BOOST_TEST(hunt.at("/match_count") == 11);
    BOOST_TEST(hunt.at("/matches_kept") == 11);
    BOOST_TEST(matches(d, "/iocs/dom/matches").size() == 1u);
    // A match names an event that is there.
    const auto match = d.get("/iocs/dom/matches");
    BOOST_TEST(d.get("/events/" + match.text("/items/0/event_id")).text("/fields/peer") == "198.51.100.77");
    BOOST_TEST(match.text("/items/0/event_timestamp") == carrel::siem::format_time((begin + 2) * 1'000'000));
}

// The blocks of events that a hunt skips by their words hold none of what it looks for.
BOOST_AUTO_TEST_CASE(whatever_holds_an_indicator_has_the_words_that_are_asked_for) {
    using carrel::indicators::kind;
    const std::tuple<kind, const char*, const char*> pairs[] = {
        {kind::ip, "192.0.2.1", "::FFFF:c000:201"},
        {kind::ip, "192.0.2.1", "192.0.2.1:80"},
        {kind::ip, "2001:db8::1", "2001:0db8:0000::0001"},
        {kind::cidr, "192.0.2.0/23", "192.0.3.9"},
        {kind::cidr, "192.0.2.0/24", "::ffff:192.0.2.9"},
        {kind::cidr, "192.0.2.128/25", "192.0.2.200"},
        {kind::cidr, "0.0.0.0/0", "8.8.8.8"},
        {kind::cidr, "2001:db8::/32", "2001:db8:1::2"},
        {kind::domain, "evil.example", "https://u@EVIL.example:8443/a?b"},
        {kind::domain, "evil.example", "x@Evil.Example"},
        {kind::domain, "xn--bcher-kva.example",
         "b\xC3\xBC"
         "cher.example"},
        {kind::url, "http://evil.example/a%2Fb", "HTTP://EVIL.EXAMPLE:80/a%2fb#c"},
        {kind::url, "http://evil.example:8080/", "http://evil.example:08080"},
        {kind::url, "http://192.0.2.1/", "http://[::ffff:192.0.2.1]/"},
        {kind::email, "a.b@evil.example", "a.b@EVIL.example"},
        {kind::filename, "evil.exe", "C:\\Temp\\EVIL.exe"},
        {kind::registry_key, "HKLM\\Software\\Evil", "HKEY_LOCAL_MACHINE\\software\\EVIL"},
        {kind::cve, "CVE-2021-44228", "cve-2021-44228"},
        {kind::hash, "d41d8cd98f00b204e9800998ecf8427e", "MD5=D41D8CD98F00B204E9800998ECF8427E,SHA1=x"},
        {kind::user_agent, "curl/8.0", "curl/8.0"},
    };
    for (const auto& [of, indicator, value] : pairs) {
        const auto form = carrel::indicators::normalize(of, indicator);
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<carrel::indicators::normalized>(form), indicator);
        std::set<std::uint64_t> tokens;
        std::string fields = "{\"k\":";
        carrel::json::writer(fields).string(value);
        carrel::query::for_each_token(fields + "}", [&](std::uint64_t token, auto) { tokens.insert(token); });
        const auto wanted = carrel::siem::words_of(of, std::get<carrel::indicators::normalized>(form).text);
        BOOST_TEST(wanted.holds([&](std::uint64_t token) { return tokens.contains(token); }),
                   indicator << " in " << value);
    }
    BOOST_TEST(!carrel::siem::words_of(kind::domain, "evil.example").holds([](std::uint64_t) { return false; }));
    BOOST_TEST(!carrel::siem::words_of(kind::cidr, "10.0.0.0/8").holds([](std::uint64_t) { return false; }));
}

BOOST_AUTO_TEST_CASE(only_events_of_the_range_count) {
    domain d;
    add(d, "i", "evil.example");
    d.ingest_lines(line(1, R"("h":"evil.example")") + line(2, R"("h":"evil.example")") +
                   line(3, R"("h":"evil.example")"));
    const auto id = start(d, "\"i\"", range(begin + 2, begin + 3));
    run_all(d);
    BOOST_TEST(d.get("/hunts/" + id).at("/match_count") == 1);
    const auto none = start(d, "\"i\"", range(begin + 2, begin + 2));
    run_all(d);
    BOOST_TEST(d.get("/hunts/" + none).at("/match_count") == 0);
    BOOST_TEST(d.get("/hunts/" + none).text("/status") == "completed");
}

// Rows of an earlier version, segments that are put together meanwhile, and fresh ones.
BOOST_AUTO_TEST_CASE(each_event_is_looked_at_once_whatever_happens_to_its_segment) {
    domain d;
    add(d, "i", "evil.example");
    d.write([&](carrel::write_session& s) {
         return s.execute(
             "INSERT INTO events(id, timestamp, received_at, fields) VALUES "
             "('018bca00-0000-7000-8000-000000000001', ?1, ?1, '{\"h\":\"evil.example\"}')",
             (begin + 5) * 1'000'000);
     }).value();
    for (int i = 0; i < 70; ++i) d.ingest_lines(line(i, R"("n":)" + std::to_string(i) + R"(,"h":"evil.example")"));
    const auto id = start(d, "\"i\"");
    BOOST_REQUIRE(step(d, 0ms));  // the rows
    BOOST_TEST(d.get("/hunts/" + id).at("/match_count") == 1);
    BOOST_TEST(d.get("/hunts/" + id).text("/status") == "running");
    BOOST_REQUIRE(step(d, 0ms));
    BOOST_REQUIRE(step(d, 0ms));
    BOOST_TEST(d.get("/hunts/" + id).at("/match_count") == 3);
    const auto half = d.get("/hunts/" + id).at("/progress").to_number<double>();
    BOOST_TEST((half > 0 && half < 1));
    BOOST_TEST(seal_all(d) > 0);
    const auto rows = d.read(carrel::siem::seal_rows).value();
    BOOST_REQUIRE(rows.has_value());
    BOOST_REQUIRE(carrel::testing::replace(d, *rows));
    d.ingest_lines(line(9, R"("h":"evil.example")"));  // later than the hunt
    run_all(d, 0ms);
    const auto done = d.get("/hunts/" + id);
    BOOST_TEST(done.text("/status") == "completed");
    BOOST_TEST(done.at("/match_count") == 71);
    std::set<std::string> events;
    const auto found = d.get("/hunts/" + id + "/matches", {{"limit", "1000"}}).json();
    for (const auto& each : found.at("items").as_array()) events.insert(each.at("event_id").as_string().c_str());
    BOOST_TEST(events.size() == 71u);
}

BOOST_AUTO_TEST_CASE(a_step_of_a_hunt_that_has_been_cancelled_is_dropped) {
    domain d;
    add(d, "i", "evil.example");
    d.ingest_lines(line(1, R"("h":"evil.example")"));
    const auto id = start(d, "\"i\"");
    step(d);
    const auto hunt = d.read(carrel::siem::next_hunt).value();
    const auto found = d.read([&](carrel::read_session& s) { return carrel::siem::look(s, *hunt, 60'000ms); }).value();
    BOOST_TEST(found.match_count == 1);
    BOOST_TEST(d.post("/hunts/" + id + "/cancel", "").text("/status") == "cancelled");
    BOOST_TEST(
        !d.write([&](carrel::write_session& s) { return carrel::siem::keep_step(s, *hunt, found, d.now); }).value());
    BOOST_TEST(d.get("/hunts/" + id).at("/match_count") == 0);
    BOOST_TEST(matches(d, "/hunts/" + id + "/matches").empty());
    BOOST_TEST(!step(d));
    const auto again = d.post("/hunts/" + id + "/cancel", "");
    BOOST_TEST(is(again, problem_code::illegal_transition));
    BOOST_TEST(again.refused->detail.find("nothing") != std::string::npos);
    BOOST_TEST(is(d.post("/hunts/none/cancel", ""), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_step_is_kept_once) {
    domain d;
    add(d, "i", "evil.example");
    d.ingest_lines(line(1, R"("h":"evil.example")"));
    const auto id = start(d, "\"i\"");
    step(d);
    const auto hunt = d.read(carrel::siem::next_hunt).value();
    const auto found = d.read([&](carrel::read_session& s) { return carrel::siem::look(s, *hunt, 0ms); }).value();
    const auto keep = [&] {
        return d.write([&](carrel::write_session& s) { return carrel::siem::keep_step(s, *hunt, found, d.now); })
            .value();
    };
    BOOST_TEST(keep());
    BOOST_TEST(!keep());
    run_all(d);
    BOOST_TEST(d.get("/hunts/" + id).at("/match_count") == 1);
}

BOOST_AUTO_TEST_CASE(matches_beyond_the_bound_are_counted_and_not_kept) {
    domain d;
    add(d, "i", "evil.example");
    for (int part = 0; part < 3; ++part) {
        std::string lines;
        for (int i = 0; i < 4000; ++i) lines += line(i, R"("h":"evil.example")");
        d.ingest_lines(lines);
    }
    const auto id = start(d, "\"i\"");
    run_all(d, 0ms);
    BOOST_TEST(d.get("/hunts/" + id).at("/match_count") == 12'000);
    BOOST_TEST(d.get("/hunts/" + id).at("/matches_kept") == 10'000);
    BOOST_TEST(d.count("SELECT count(*) FROM ioc_matches") == 10'000);
}

BOOST_AUTO_TEST_CASE(indicators_that_go_meanwhile_are_left_out) {
    domain d;
    add(d, "i", "evil.example");
    add(d, "j", "192.0.2.1");
    d.ingest_lines(line(1, R"("h":"evil.example","a":"192.0.2.1")"));
    const auto id = start(d, R"("i","j")");
    step(d);
    const auto hunt = d.read(carrel::siem::next_hunt).value();
    const auto found = d.read([&](carrel::read_session& s) { return carrel::siem::look(s, *hunt, 0ms); }).value();
    d.remove("/iocs/i");
    BOOST_TEST(
        d.write([&](carrel::write_session& s) { return carrel::siem::keep_step(s, *hunt, found, d.now); }).value());
    BOOST_TEST(matches(d, "/hunts/" + id + "/matches").size() == 1u);
    d.remove("/iocs/j");
    BOOST_TEST(matches(d, "/hunts/" + id + "/matches").empty());
    run_all(d);
    BOOST_TEST(d.get("/hunts/" + id).text("/status") == "completed");
}

BOOST_AUTO_TEST_CASE(a_hunt_that_has_failed_says_why_and_is_over) {
    domain d;
    add(d, "i", "evil.example");
    const auto id = start(d, "\"i\"");
    const auto hunt = d.read(carrel::siem::next_hunt).value();
    d.write([&](carrel::write_session& s) { return carrel::siem::fail_hunt(s, *hunt, "damage", d.now); }).value();
    BOOST_TEST(d.get("/hunts/" + id).text("/status") == "failed");
    BOOST_TEST(d.get("/hunts/" + id).text("/error") == "damage");
    BOOST_TEST(!step(d));
}

BOOST_AUTO_TEST_CASE(only_so_many_hunts_wait) {
    domain d;
    add(d, "i", "evil.example");
    for (int i = 0; i < 100; ++i) start(d, "\"i\"");
    const auto id = d.get("/hunts", {{"limit", "1"}}).text("/items/0/id");
    BOOST_TEST(is(d.post("/hunts", R"({"ioc_ids":["i"],)" + range() + "}"), problem_code::conflict));
    d.post("/hunts/" + id + "/cancel", "");
    start(d, "\"i\"");
    BOOST_TEST(d.get("/hunts", {{"status", "cancelled"}}).at("/items").as_array().size() == 1u);
    BOOST_TEST(d.get("/hunts/count", {{"status", "pending"}}).at("/count") == 100);
}

BOOST_AUTO_TEST_CASE(a_hunt_goes_with_its_matches) {
    domain d;
    add(d, "i", "evil.example");
    d.ingest_lines(line(1, R"("h":"evil.example")"));
    const auto id = start(d, "\"i\"");
    run_all(d);
    d.remove("/hunts/" + id);
    BOOST_TEST(is(d.get("/hunts/" + id), problem_code::not_found));
    BOOST_TEST(is(d.get("/hunts/" + id + "/matches"), problem_code::not_found));
    BOOST_TEST(d.count("SELECT count(*) FROM ioc_matches") == 0);
}

BOOST_AUTO_TEST_CASE(the_next_hunt_is_found_by_an_index) {
    domain d;
    const auto next = carrel::testing::plan_of(
        d, "SELECT seq FROM hunts INDEXED BY hunts_to_run WHERE status < 2 ORDER BY seq LIMIT 1");
    BOOST_TEST(next.find("hunts_to_run") != next.npos, next);
    BOOST_TEST(next.find("TEMP B-TREE") == next.npos, next);
}

BOOST_AUTO_TEST_SUITE_END()
