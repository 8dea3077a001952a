#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

// The fields of responses: those that restrict browsers, on each of them, and none that a client has put there.
namespace carrel::testing {

namespace {

const std::pair<std::string, std::string> browser_fields[] = {
    {"x-content-type-options", "nosniff"},
    {"cache-control", "no-store"},
    {"cross-origin-resource-policy", "same-origin"},
    {"content-security-policy", "default-src 'none'; frame-ancestors 'none'"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "no-referrer"},
};

// The names of a response's fields in lower case, each as often as it is there.
std::multiset<std::string> names_of(const wire_reply& reply) {
    std::multiset<std::string> names;
    for (std::size_t at = reply.head.find("\r\n"); at != std::string::npos; at = reply.head.find("\r\n", at + 2)) {
        auto name = reply.head.substr(at + 2, reply.head.find(':', at) - at - 2);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        names.insert(std::move(name));
    }
    return names;
}

void check_browser_fields(const wire_reply& reply, const std::string& of) {
    const auto names = names_of(reply);
    for (const auto& [name, value] : browser_fields) {
        BOOST_TEST(reply.field(name) == value, of << ", " << name);
        BOOST_TEST(names.count(name) == 1u, of << ", " << name);
    }
}

void check_known_fields(const wire_reply& reply, const std::string& of) {
    BOOST_TEST(reply.field("strict-transport-security") == (all_over_tls() ? "max-age=31536000" : ""), of);
    static const std::set<std::string> known = {"date",
                                                "content-type",
                                                "content-length",
                                                "x-request-id",
                                                "allow",
                                                "retry-after",
                                                "etag",
                                                "location",
                                                "vary",
                                                "connection",
                                                "carrel-commit",
                                                "strict-transport-security",
                                                "transfer-encoding",
                                                "content-disposition"};
    for (const auto& name : names_of(reply)) {
        const bool is_ours =
            known.contains(name) || std::any_of(std::begin(browser_fields), std::end(browser_fields),
                                                [&](const auto& field) { return field.first == name; });
        BOOST_TEST(is_ours, of << " has " << name);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(response_fields)

BOOST_AUTO_TEST_CASE(every_response_has_the_fields_that_restrict_browsers) {
    running_server server([](auto& settings) { settings.allow_origins = {"https://siem.example"}; });
    for (const std::string target :
         {"/health/live", "/health/ready", "/api/v1/pool", "/api/v1/alerts", "/api/v1/alerts/none", "/nothing", "/%zz",
          "/metrics", "/openapi.json", "/services/collector/health", "/_license", "/api/v1/alerts?limit=x"})
        for (const std::string method : {"GET", "HEAD", "OPTIONS", "POST", "TRACE"})
            check_browser_fields(server.ask(method, target), method + " " + target);
    check_browser_fields(server.get("/api/v1/alerts", "Origin: https://siem.example\r\n"), "a named origin");
    check_browser_fields(server.get("/api/v1/alerts", "Sec-Fetch-Site: cross-site\r\n"), "another site");
    check_browser_fields(server.get("/api/v1/events", "Accept: application/x-ndjson\r\n"), "an export");
    check_browser_fields(server.get("/assets/none/none.js", "Accept: text/html\r\n"), "a browser");
}

BOOST_AUTO_TEST_CASE(a_resource_has_them_however_it_is_answered) {
    running_server server;
    const auto made = server.post("/api/v1/alerts", R"({"id":"a","title":"t","severity":"low"})");
    BOOST_TEST(made.status == 201);
    check_browser_fields(made, "a creation");
    const auto unchanged = server.get("/api/v1/alerts/a", "If-None-Match: \"1\"\r\n");
    BOOST_TEST(unchanged.status == 304);
    check_browser_fields(unchanged, "304");
    check_browser_fields(server.ask("DELETE", "/api/v1/alerts/a"), "204");
}

BOOST_AUTO_TEST_CASE(responses_without_an_exchange_have_them) {
    running_server server([](auto& settings) { settings.limits.connections_per_address_max = 1; });
    raw_client first(server.port());
    BOOST_TEST(first.ask("GET", "/health/live").status == 200);
    raw_client second(server.port());
    const auto refused = second.receive();
    BOOST_TEST(refused.status == 429);
    check_browser_fields(refused, "too many connections");
    first.close();
    second.close();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    for (const std::string bytes :
         {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"}) {
        raw_client client(server.port());
        client.send(bytes);
        check_browser_fields(client.receive(), bytes);
        client.close();
        BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    }
}

BOOST_AUTO_TEST_CASE(no_text_of_a_client_becomes_a_field) {
    running_server server;
    for (const std::string id : {"a%0d%0aSet-Cookie:%20x=1", "a\tSet-Cookie: x=1", "a: b", "\"a\"", "a\x80\xff"}) {
        const auto reply = server.get("/api/v1/alerts", "X-Request-Id: " + id + "\r\n");
        check_known_fields(reply, id);
        BOOST_TEST(reply.head.find("Set-Cookie") == std::string::npos, id);
        BOOST_TEST(reply.field("x-request-id") != id, id);
    }
    for (const std::string target :
         {"/api/v1/alerts/a%0d%0aSet-Cookie:%20x=1", "/a%0aSet-Cookie:x", "/api/v1/alerts?q=%0d%0aSet-Cookie:x=1",
          "/api/v1/rules/export?format=zip%0d%0aSet-Cookie:x=1"})
        for (const std::string method : {"GET", "OPTIONS", "DELETE", "HEAD"})
            check_known_fields(server.ask(method, target), method + " " + target);
    for (const std::string id :
         {R"(a\r\nSet-Cookie: x=1)", R"(a\u000aSet-Cookie:x)", R"(a\u0000)", "../a", R"(a\u2028)"}) {
        const auto reply = server.post("/api/v1/alerts", R"({"id":")" + id + R"(","title":"t","severity":"low"})");
        BOOST_TEST(reply.status == 422, id);
        check_known_fields(reply, id);
    }
    const auto keyed = server.post("/api/v1/alerts", R"({"title":"t","severity":"low"})",
                                   "Idempotency-Key: a\tSet-Cookie: x\r\nOrigin: http://a\tSet-Cookie: x\r\n");
    check_known_fields(keyed, "a key");
}

// A line's end within a value would end the field; a NUL ends it for what reads C strings.
BOOST_AUTO_TEST_CASE(a_field_with_a_control_character_is_malformed) {
    using namespace std::string_literals;
    running_server server;
    for (const auto& value : {"a\rSet-Cookie: x=1"s, "a\nSet-Cookie: x=1"s, "a\0b"s, "a\x7f"s, "a\x01"s}) {
        raw_client client(server.port());
        client.send(client.request("GET", "/api/v1/alerts", {}, "X-Request-Id: " + value + "\r\n"));
        const auto reply = client.receive();
        BOOST_TEST(reply.status == 400, value);
        BOOST_TEST(reply.head.find("Set-Cookie") == std::string::npos, value);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
