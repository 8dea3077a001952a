// Saved searches: whose they are, what they may say, and that they run as the list of events does.
#include "siem/console/search_uses.hpp"
#include "support/callers.hpp"

#include <boost/test/unit_test.hpp>

using carrel::access::permission;
using namespace carrel::siem;
using carrel::testing::answer;
using carrel::testing::by;
using carrel::testing::domain;

namespace {

const auto ann = by("ann", {permission::read_events});
const auto bob = by("bob", {permission::read_events});
const auto chief = by("chief", {permission::read_events, permission::write_users});

answer get(domain& d, const std::string& path, const domain::tweak& who, const domain::query& filters = {}) {
    return d.send(method::get, path, {}, filters, who);
}

void flush(domain& d) {
    d.write([&](carrel::write_session& session) { return write_search_uses(session, d.now); }).value();
    d.read([&](carrel::read_session& session) { return has_search_uses(session, d.now); }).value();
}

std::string faults_of(std::string_view members) {
    domain d;
    return d.post("/saved-searches", R"({"name":"n",)" + std::string(members) + "}").faults();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(saved_searches_)

BOOST_AUTO_TEST_CASE(one_is_made_read_renamed_replaced_and_deleted) {
    domain d;
    const auto made = d.post(
        "/saved-searches",
        R"({"id":"s","name":"logons","query":"EventID:4624","filters":{"host":["a","b"]},"from":"-24h","tags":["x"]})",
        ann);
    BOOST_REQUIRE(!made.refused);
    BOOST_TEST(made.text("/created_by") == "ann");
    BOOST_TEST(!made.at("/is_public").as_bool());
    BOOST_TEST(made.at("/usage_count").as_int64() == 0);
    BOOST_TEST(made.at("/last_used_at").is_null());
    BOOST_TEST(d.patch("/saved-searches/s", R"({"name":"logins","query":null})", ann).text("/name") == "logins");
    BOOST_TEST(d.put("/saved-searches/s", R"({"name":"all"})", ann).at("/filters").is_null());
    BOOST_TEST(get(d, "/saved-searches/s", ann).at("/version").as_int64() == 3);
    BOOST_TEST(!d.remove("/saved-searches/s", ann).refused);
    BOOST_TEST(is(get(d, "/saved-searches/s", ann), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(what_it_says_must_be_what_the_list_of_events_takes) {
    domain d;
    const auto broken = d.post("/saved-searches", R"({"name":"n","query":"a AND ("})");
    BOOST_TEST(broken.faults() == "query");
    BOOST_TEST(broken.refused->detail.find("character 8") != std::string::npos, broken.refused->detail);
    BOOST_TEST(faults_of(R"("filters":{"colour":"red"})") == "filters.colour");
    BOOST_TEST(faults_of(R"("filters":{"q":"x"})") == "filters.q");
    BOOST_TEST(faults_of(R"("filters":{"host":7})") == "filters.host");
    BOOST_TEST(faults_of(R"("filters":{"host":[]})") == "filters.host");
    BOOST_TEST(faults_of(R"("filters":{"field.EventID":"1"})") == "");
    BOOST_TEST(faults_of(R"("from":"yesterday")") == "from");
    BOOST_TEST(faults_of(R"("from":"-1h","to":"-2h")") == "to");
    BOOST_TEST(faults_of(R"("created_by":"eve")") == "created_by");
    BOOST_TEST(faults_of(R"("usage_count":9)") == "usage_count");
    BOOST_TEST(d.post("/saved-searches", "{}").faults() == "name");
    d.post("/saved-searches", R"({"id":"s","name":"n"})");
    BOOST_TEST(d.patch("/saved-searches/s", R"({"query":"\"open"})").faults() == "query");
    BOOST_TEST(d.patch("/saved-searches/s", R"({"created_by":"eve"})").faults() == "created_by");
}

BOOST_AUTO_TEST_CASE(private_ones_of_others_are_not_there) {
    domain d;
    d.post("/saved-searches", R"({"id":"own","name":"private words"})", ann);
    d.post("/saved-searches", R"({"id":"all","name":"public words","is_public":true})", ann);
    for (const char* path : {"/saved-searches/own", "/saved-searches/own/run"}) {
        BOOST_TEST(is(get(d, path, bob), problem_code::not_found), path);
        BOOST_TEST(!get(d, path, ann).refused, path);
        BOOST_TEST(!get(d, path, chief).refused, path);
    }
    BOOST_TEST(ids(get(d, "/saved-searches", bob)) == "all");
    BOOST_TEST(ids(get(d, "/saved-searches", bob, {{"q", "words"}})) == "all");
    BOOST_TEST(ids(get(d, "/saved-searches", bob, {{"created_by", "ann"}})) == "all");
    BOOST_TEST(get(d, "/saved-searches", bob, {{"count", "true"}}).at("/total").as_int64() == 1);
    BOOST_TEST(get(d, "/saved-searches/count", bob).at("/count").as_int64() == 1);
    BOOST_TEST(get(d, "/saved-searches/count", ann).at("/count").as_int64() == 2);
    BOOST_TEST(get(d, "/saved-searches", ann, {{"public", "false"}}).at("/items").as_array().size() == 1U);
    BOOST_TEST(get(d, "/saved-searches/count", chief).at("/count").as_int64() == 2);
    BOOST_TEST(is(d.patch("/saved-searches/own", R"({"name":"x"})", bob), problem_code::not_found));
    BOOST_TEST(is(d.put("/saved-searches/own", R"({"name":"x"})", bob), problem_code::not_found));
    BOOST_TEST(is(d.remove("/saved-searches/own", bob), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(only_its_owner_changes_one_and_who_writes_users) {
    domain d;
    d.post("/saved-searches", R"({"id":"all","name":"n","is_public":true})", ann);
    BOOST_TEST(is(d.patch("/saved-searches/all", R"({"name":"x"})", bob), problem_code::forbidden));
    BOOST_TEST(is(d.put("/saved-searches/all", R"({"name":"x"})", bob), problem_code::forbidden));
    BOOST_TEST(is(d.remove("/saved-searches/all", bob), problem_code::forbidden));
    BOOST_TEST(d.patch("/saved-searches/all", R"({"name":"x"})", chief).text("/created_by") == "ann");
    BOOST_TEST(d.patch("/saved-searches/all", R"({"is_public":false})", ann).at("/version").as_int64() == 3);
    BOOST_TEST(is(get(d, "/saved-searches/all", bob), problem_code::not_found));
    BOOST_TEST(!d.remove("/saved-searches/all", chief).refused);
}

BOOST_AUTO_TEST_CASE(what_was_made_in_the_open_house_is_seen_by_all) {
    domain d;
    BOOST_TEST(d.post("/saved-searches", R"({"id":"s","name":"n"})").at("/created_by").is_null());
    BOOST_TEST(!get(d, "/saved-searches/s", bob).refused);
    BOOST_TEST(ids(get(d, "/saved-searches", bob)) == "s");
    BOOST_TEST(is(d.remove("/saved-searches/s", bob), problem_code::forbidden));
    BOOST_TEST(!d.remove("/saved-searches/s").refused);
}

BOOST_AUTO_TEST_CASE(a_run_is_the_page_of_the_list) {
    domain d;
    d.ingest_lines("{\"host\":\"a\",\"n\":1}\n{\"host\":\"b\",\"n\":2}\n{\"host\":\"a\",\"n\":3}\n");
    d.post("/saved-searches", R"({"id":"s","name":"n","filters":{"host":"a"},"from":"-1h"})");
    const auto page = d.get("/saved-searches/s/run", {{"limit", "1"}, {"count", "true"}});
    BOOST_REQUIRE(!page.refused);
    BOOST_TEST(page.at("/total").as_int64() == 2);
    const auto list = d.get("/events", {{"host", "a"}, {"from", "-1h"}, {"limit", "1"}, {"count", "true"}});
    BOOST_TEST(page.reply.body == list.reply.body);
    const auto next = d.get("/saved-searches/s/run", {{"limit", "1"}, {"cursor", page.text("/next")}});
    BOOST_REQUIRE(!next.refused);
    BOOST_TEST(next.at("/items").as_array().size() == 1U);
    BOOST_TEST(next.text("/items/0/id") != page.text("/items/0/id"));
    // What the request says of the range counts.
    BOOST_TEST(d.get("/saved-searches/s/run", {{"from", "2000-01-01T00:00:00Z"}, {"to", "2000-01-02T00:00:00Z"}})
                   .at("/items")
                   .as_array()
                   .empty());
    BOOST_TEST(is(d.get("/saved-searches/s/run", {{"host", "b"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get("/saved-searches/s/run", {{"limit", "0"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get("/saved-searches/s/run", {{"limit", "1"}, {"limit", "2"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get("/saved-searches/other/run"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(runs_are_counted_once_each) {
    domain d;
    flush(d);
    d.post("/saved-searches", R"({"id":"counted","name":"n"})");
    for (int i = 0; i < 3; ++i) d.get("/saved-searches/counted/run");
    BOOST_TEST(is(d.get("/saved-searches/counted/run", {{"limit", "x"}}), problem_code::bad_request));
    BOOST_TEST(d.read([&](carrel::read_session& session) { return has_search_uses(session, d.now); }).value());
    // The writer may do a job again whose commit failed.
    const auto failed = d.write([&](carrel::write_session& session) -> carrel::result<void> {
        write_search_uses(session, d.now).value();
        return carrel::error(carrel::errc::work_threw);
    });
    BOOST_TEST(!failed.has_value());
    flush(d);
    const auto after = d.get("/saved-searches/counted");
    BOOST_TEST(after.at("/usage_count").as_int64() == 3);
    BOOST_TEST(after.text("/last_used_at") == "2023-11-14T22:13:20.000000Z");
    BOOST_TEST(after.at("/version").as_int64() == 1);
    flush(d);
    BOOST_TEST(!d.read([&](carrel::read_session& session) { return has_search_uses(session, d.now); }).value());
    BOOST_TEST(d.get("/saved-searches/counted").at("/usage_count").as_int64() == 3);
    d.get("/saved-searches/counted/run");
    flush(d);
    BOOST_TEST(d.get("/saved-searches", {{"sort", "-usage_count"}}).at("/items/0/usage_count").as_int64() == 4);
}

BOOST_AUTO_TEST_SUITE_END()
