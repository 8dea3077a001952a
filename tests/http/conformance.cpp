#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>

// What the public lists of cases ask of a server, as data in cases/: a case sends bytes on a connection of its own and
// names the replies it wants, in order, and no other. `400 close` also wants `Connection: close` and the end of the
// connection; `200 head` has no body. `then` is sent after `send`, `HOST` stands for the authority, and `MANY` for the text
// and times of `many`. `differs` says why a case wants something else than its list does.
namespace carrel::testing {

namespace {

namespace json = boost::json;

json::array cases_of(const std::string& list) {
    std::ifstream file(std::string(CARREL_HTTP_CASES) + "/" + list + ".json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return json::parse(text).as_array();
}

void replace_all(std::string& text, std::string_view mark, std::string_view with) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size()))
        text.replace(at, mark.size(), with);
}

std::string bytes_of(const json::object& each, std::string_view key, const std::string& authority) {
    const auto* member = each.if_contains({key.data(), key.size()});
    if (member == nullptr) return {};
    std::string text(member->as_string());
    replace_all(text, "HOST", authority);
    if (const auto* many = each.if_contains("many")) {
        std::string repeated;
        for (auto left = many->at(1).as_int64(); left > 0; --left) repeated.append(many->at(0).as_string());
        replace_all(text, "MANY", repeated);
    }
    return text;
}

// The replies as a case writes them.
std::string replies_to(std::uint16_t port, const json::object& each) {
    raw_client client(port);
    client.send(bytes_of(each, "send", client.authority()));
    client.send(bytes_of(each, "then", client.authority()));
    client.half_close();
    std::string seen;
    const auto& wanted = each.at("want").as_array();
    for (std::size_t i = 0;; ++i) {
        const bool is_head = i < wanted.size() && wanted[i].as_string().ends_with(" head");
        const auto reply = client.receive(is_head);
        if (reply.status == 0) return seen;
        if (reply.status < 200) continue;
        if (!seen.empty()) seen += ", ";
        seen += std::to_string(reply.status);
        if (is_head) seen += " head";
        if (reply.field("connection") == "close") seen += " close";
    }
}

std::string wanted_of(const json::object& each) {
    std::string text;
    for (const auto& reply : each.at("want").as_array())
        text.append(text.empty() ? "" : ", ").append(reply.as_string());
    return text;
}

void run_list(const std::string& list, std::size_t least) {
    running_server server;
    const auto cases = cases_of(list);
    BOOST_TEST(cases.size() >= least);
    for (const auto& each : cases) {
        const auto& fields = each.as_object();
        const auto seen = replies_to(server.port(), fields);
        BOOST_TEST(seen == wanted_of(fields), list << ", " << fields.at("name") << ": " << seen);
    }
    BOOST_TEST(server.get("/health/live").status == 200);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance)

BOOST_AUTO_TEST_CASE(h1spec) { run_list("h1spec", 33); }
BOOST_AUTO_TEST_CASE(http11probe) { run_list("http11probe", 60); }
BOOST_AUTO_TEST_CASE(nginx_tests) { run_list("nginx", 25); }
BOOST_AUTO_TEST_CASE(llhttp) { run_list("llhttp", 35); }
BOOST_AUTO_TEST_CASE(portswigger) { run_list("portswigger", 45); }
BOOST_AUTO_TEST_CASE(http_garden) { run_list("http_garden", 35); }

BOOST_AUTO_TEST_CASE(a_case_that_wants_something_else_is_not_met) {
    running_server server;
    const auto lenient = json::parse(R"({"send":"GET / HTTP/1.1\nHost: HOST\n\n","want":["200"]})").as_object();
    BOOST_TEST(replies_to(server.port(), lenient) == "400 close");
    BOOST_TEST(replies_to(server.port(), lenient) != wanted_of(lenient));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
