// Feeds that become indicators.
#include "siem/indicators.hpp"

#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::problem_code;
using carrel::testing::answer;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(ioc_imports)

namespace {

// created updated unchanged repeated rejected
std::string counts(const answer& got) {
    BOOST_REQUIRE_MESSAGE(!got.refused.has_value(), (got.refused ? got.refused->detail : ""));
    std::string all;
    for (const char* name : {"created", "updated", "unchanged", "repeated", "rejected"})
        all += (all.empty() ? "" : " ") + std::to_string(got.json().at(name).as_int64());
    return all;
}

answer one(domain& d, const std::string& value) { return d.get("/iocs", {{"value", value}}); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_is_taken_and_a_second_time_nothing_changes) {
    domain d;
    const std::string list = "# evil\n192.0.2.1\nevil.example\nEVIL.example\nnot one at all\nhxxp://bad[.]example/x\n";
    const auto first = d.post_file("/iocs/import", list, {{"source", "feed"}, {"tag", "a"}, {"tag", "b"}});
    BOOST_TEST(counts(first) == "3 0 0 1 1");
    BOOST_TEST(first.at("/errors/0/line") == 5);
    BOOST_TEST(first.text("/errors/0/detail") == "is of no kind that could be guessed");
    const auto found = one(d, "evil.example");
    BOOST_TEST(found.text("/items/0/source") == "feed");
    BOOST_TEST(found.at("/items/0/tags").as_array().size() == 2u);
    BOOST_TEST(found.text("/items/0/imported_at") == "2023-11-14T22:13:20.000000Z");
    d.now += 86'400'000'000;
    BOOST_TEST(counts(d.post_file("/iocs/import", list, {{"source", "feed"}, {"tag", "a"}})) == "0 0 3 1 1");
    BOOST_TEST(one(d, "evil.example").at("/items/0/version") == 1);
}

BOOST_AUTO_TEST_CASE(what_is_known_is_added_to_and_what_people_said_stays) {
    domain d;
    d.post("/iocs", R"({"type":"ip","value":"192.0.2.1","status":"whitelist","description":"ours","tags":["own"],
                        "source":"us","last_seen":"2023-01-02T00:00:00Z"})");
    const std::string table = "value,severity,tags,last_seen,confidence\n192.0.2.1,high,scan,2023-06-01T00:00:00Z,80\n";
    const domain::query how{{"format", "csv"},
                            {"header", "true"},
                            {"value_column", "value"},
                            {"severity_column", "severity"},
                            {"tags_column", "tags"},
                            {"last_seen_column", "last_seen"},
                            {"confidence_column", "confidence"},
                            {"source", "them"}};
    BOOST_TEST(counts(d.post_file("/iocs/import", table, how)) == "0 1 0 0 0");
    const auto got = one(d, "192.0.2.1").at("/items/0");
    BOOST_TEST(got.at("severity").as_string() == "high");
    BOOST_TEST(got.at("confidence").to_number<double>() == 80);
    BOOST_TEST(got.at("status").as_string() == "whitelist");
    BOOST_TEST(got.at("description").as_string() == "ours");
    BOOST_TEST(got.at("source").as_string() == "us");
    BOOST_TEST(got.at("tags").as_array().size() == 2u);
    BOOST_TEST(got.at("last_seen").as_string() == "2023-06-01T00:00:00.000000Z");
    BOOST_TEST(counts(d.post_file("/iocs/import", table, how)) == "0 0 1 0 0");
}

BOOST_AUTO_TEST_CASE(what_had_expired_and_is_reported_again_is_active_again) {
    domain d;
    d.post_file("/iocs/import", "192.0.2.1\n192.0.2.2\n");
    const auto id = one(d, "192.0.2.2").text("/items/0/id");
    d.patch("/iocs/" + id, R"({"status":"archived"})");  // by hand, before its time
    d.now += std::int64_t{40} * 86'400'000'000;
    BOOST_REQUIRE(d.write([&](carrel::write_session& s) { return carrel::siem::archive_expired(s, d.now); }).value() ==
                  1);
    BOOST_TEST(counts(d.post_file("/iocs/import", "192.0.2.1\n")) == "0 1 0 0 0");
    BOOST_TEST(one(d, "192.0.2.1").text("/items/0/status") == "active");
    BOOST_TEST(one(d, "192.0.2.1").text("/items/0/expires_at") == "2024-01-23T22:13:20.000000Z");
}

BOOST_AUTO_TEST_CASE(formats_are_guessed) {
    domain d;
    BOOST_TEST(counts(d.post_file("/iocs/import", R"({"type":"bundle","id":"bundle--1","objects":[{"type":"indicator",
        "id":"indicator--11111111-1111-4111-8111-111111111111","spec_version":"2.1","created":"2023-01-01T00:00:00Z",
        "modified":"2023-01-01T00:00:00Z","pattern":"[domain-name:value = 'stix.example']","pattern_type":"stix",
        "valid_from":"2023-01-01T00:00:00Z","valid_until":"2030-01-01T00:00:00Z"}]})")) == "1 0 0 0 0");
    BOOST_TEST(one(d, "stix.example").text("/items/0/expires_at") == "2030-01-01T00:00:00.000000Z");
    BOOST_TEST(counts(d.post_file("/iocs/import",
                                  R"({"Event":{"info":"x","Attribute":[{"type":"domain","value":"misp.example",
                                      "to_ids":true},{"type":"domain","value":"off.example","to_ids":false}]}})")) ==
               "1 0 0 0 1");
    BOOST_TEST(counts(d.post_file("/iocs/import", R"([{"value":"json.example","type":"hostname"}])")) == "1 0 0 0 0");
    BOOST_TEST(counts(d.post_file("/iocs/import", "csv.example,x\n")) == "1 0 0 0 0");
    BOOST_TEST(counts(d.post_file("/iocs/import", R"({"data":{"list":[{"value":"deep.example"}]}})",
                                  {{"items", "data.list"}})) == "1 0 0 0 0");
}

BOOST_AUTO_TEST_CASE(a_dry_run_tells_and_stores_nothing) {
    domain d;
    d.post_file("/iocs/import", "192.0.2.1\n");
    BOOST_TEST(counts(d.post_file("/iocs/import", "192.0.2.1\n192.0.2.2\nbad value\n", {{"dry_run", "true"}})) ==
               "1 0 1 0 1");
    BOOST_TEST(d.get("/iocs/count").at("/count") == 1);
}

BOOST_AUTO_TEST_CASE(bad_input_is_refused_whole_and_named) {
    domain d;
    const auto faults = [&](const domain::query& how) {
        return d.post_file("/iocs/import", "192.0.2.1", how).faults();
    };
    BOOST_TEST(faults({{"format", "xml"}}) == "format");
    BOOST_TEST(faults({{"type", "bad"}}) == "type");
    BOOST_TEST(faults({{"confidence", "101"}}) == "confidence");
    BOOST_TEST(faults({{"confidence", "nan"}}) == "confidence");
    BOOST_TEST(faults({{"dry_run", "maybe"}}) == "dry_run");
    BOOST_TEST(faults({{"delimiter", ",,"}}) == "delimiter");
    BOOST_TEST(faults({{"value_column", ""}}) == "value_column");
    BOOST_TEST(faults({{"source", "a"}, {"source", "b"}}) == "source");
    BOOST_TEST(faults({{"nope", "1"}}) == "nope");
    const auto refused = [&](const std::string& body, const domain::query& how) {
        const auto got = d.post_file("/iocs/import", body, how);
        return got.refused && got.refused->code == problem_code::invalid;
    };
    BOOST_TEST(refused("", {}));
    BOOST_TEST(refused("{\"a\":", {{"format", "stix"}}));
    BOOST_TEST(refused("a,b\n", {{"format", "csv"}, {"header", "true"}, {"value_column", "none"}}));
    BOOST_TEST(d.get("/iocs/count").at("/count") == 0);
}

// A long import is stored in several transactions.
BOOST_AUTO_TEST_CASE(others_have_their_turn_between_the_parts_of_a_long_import) {
    domain d;
    std::string list;
    for (int i = 0; i < 5000; ++i) list += "10." + std::to_string(i / 250) + ".1." + std::to_string(i % 250) + "\n";
    const auto before = d.count("SELECT row FROM text_indexed WHERE name = 'iocs'");
    BOOST_TEST(counts(d.post_file("/iocs/import", list)) == "5000 0 0 0 0");
    BOOST_TEST(d.parts_of_write >= 10);
    BOOST_TEST(d.count("SELECT row FROM text_indexed WHERE name = 'iocs'") > before);
    BOOST_TEST(d.get("/iocs/count").at("/count") == 5000);
    // With a key it is one, since the outcome is kept with all that led to it.
    for (int twice = 0; twice < 2; ++twice) {
        const auto keyed = d.send(carrel::siem::method::post, "/iocs/import", {}, {}, [&](carrel::siem::call& request) {
            request.file = list;
            request.idempotency = {"k", "f"};
        });
        BOOST_TEST(counts(keyed) == "0 0 5000 0 0");
        BOOST_TEST(d.parts_of_write == 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()
