#include "http/pipeline/access_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace carrel;
using namespace carrel::http;

BOOST_AUTO_TEST_SUITE(access_lines)

namespace {

const std::vector<endpoint>& endpoints() {
    static const auto all = all_endpoints();
    return all;
}

const endpoint* events() {
    return &*std::find_if(endpoints().begin(), endpoints().end(), [](const auto& each) {
        return each.path == "/api/v1/events" && each.method == siem::method::get;
    });
}

std::string target(std::string_view path, std::string_view query, const endpoint* found) {
    std::string out;
    append_safe_target(out, path, query, found);
    return out;
}

access_entry entry() {
    access_entry made;
    made.at = 1'795'773'600'123'456;
    made.client = "192.0.2.7";
    made.principal = "alice";
    made.method = "GET";
    made.target = "/api/v1/alerts?limit=5";
    made.route = "/api/v1/alerts";
    made.status = 200;
    made.bytes = 1234;
    made.took = std::chrono::microseconds(812);
    made.request_id = "4f-1";
    return made;
}

std::string text(const access_entry& of) {
    std::string out;
    append_access_text(out, of);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_text_is_the_combined_format_and_some_more) {
    auto of = entry();
    BOOST_TEST(text(of) ==
               "192.0.2.7 - alice [27/Nov/2026:10:00:00 +0000] \"GET /api/v1/alerts?limit=5 HTTP/1.1\" 200 1234 "
               "\"-\" \"-\" 812 4f-1 -\n");
    of.principal = {};
    of.status = 0;
    of.is_whole = false;
    of.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    of.target = {};
    BOOST_TEST(text(of) ==
               "192.0.2.7 - - [27/Nov/2026:10:00:00 +0000] \"-\" - 1234 \"-\" \"-\" 812 4f-1 "
               "4bf92f3577b34da6a3ce929d0e0e4736 cut\n");
}

BOOST_AUTO_TEST_CASE(what_a_client_sends_makes_no_other_line_and_no_other_field) {
    auto of = entry();
    of.principal = "a \"b\"\n\\c\x7f\xc3\xa4";
    of.target = "/\"\r\nx";
    const auto line = text(of);
    BOOST_TEST(std::count(line.begin(), line.end(), '\n') == 1);
    BOOST_TEST(line.find(R"(a\x20\"b\"\x0a\\c\x7f\xc3\xa4 [)") != std::string::npos, line);
    BOOST_TEST(line.find(R"("GET /\"\x0d\x0ax HTTP/1.1")") != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(the_object_has_the_same_and_the_route) {
    std::string line;
    append_access_json(line, entry());
    const auto read = boost::json::parse(line).as_object();
    BOOST_TEST(read.at("time").as_string() == "2026-11-27T10:00:00.123456Z");
    BOOST_TEST(read.at("client").as_string() == "192.0.2.7");
    BOOST_TEST(read.at("principal").as_string() == "alice");
    BOOST_TEST(read.at("route").as_string() == "/api/v1/alerts");
    BOOST_TEST(read.at("status").as_int64() == 200);
    BOOST_TEST(read.at("bytes").as_int64() == 1234);
    BOOST_TEST(read.at("duration_us").as_int64() == 812);
    BOOST_TEST(read.at("complete").as_bool());
    BOOST_TEST(read.at("request_id").as_string() == "4f-1");
    BOOST_TEST(read.at("trace_id").is_null());
    BOOST_TEST(read.size() == 13u);
    BOOST_TEST(std::count(line.begin(), line.end(), '\n') == 1);
}

BOOST_AUTO_TEST_CASE(of_a_query_only_times_and_numbers_of_known_parameters_are_shown) {
    BOOST_TEST(target("/api/v1/events", "limit=50&from=2026-11-27T10:00:00Z&to=now-15m", events()) ==
               "/api/v1/events?limit=50&from=2026-11-27T10:00:00Z&to=now-15m");
    BOOST_TEST(target("/api/v1/events", "from=2026-11-27T10%3A00%3A00Z", events()) ==
               "/api/v1/events?from=2026-11-27T10%3A00%3A00Z");
    BOOST_TEST(target("/api/v1/events", "q=password%20hunter2", events()) == "/api/v1/events?q=*");
    BOOST_TEST(target("/api/v1/events", "limit=hunter2&from=TZTZ&to=smhdw", events()) ==
               "/api/v1/events?limit=*&from=*&to=*");
    BOOST_TEST(target("/api/v1/events", "access_token=hunter2&hunter2&hunter2=", events()) == "/api/v1/events?*&*&*");
    BOOST_TEST(target("/api/v1/events", "limit=" + std::string(41, '1'), events()) == "/api/v1/events?limit=*");
    BOOST_TEST(target("/api/v1/nowhere", "limit=5", nullptr) == "/api/v1/nowhere?*");
}

BOOST_AUTO_TEST_CASE(a_path_that_leads_nowhere_is_cut_where_a_value_may_begin) {
    BOOST_TEST(target("/x;token=hunter2", {}, nullptr) == "/x*");
    BOOST_TEST(target("/x%3Ftoken=hunter2", {}, nullptr) == "/x%3Ftoken*");
    BOOST_TEST(target("//user:hunter2@host/", {}, nullptr) == "//user*");
    BOOST_TEST(target("/" + std::string(5'000, 'a'), {}, nullptr).size() == 1'025u);
    BOOST_TEST(target("/api/v1/events", std::string(7'000, '&'), events()).size() < 1'100u);
}

BOOST_AUTO_TEST_SUITE_END()
