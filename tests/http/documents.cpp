#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Documents of detection content take long to parse: no shard does it, and what is answered is as if one did.
namespace carrel::testing {

namespace {

const std::string patch_type = "Content-Type: application/merge-patch+json\r\n";
constexpr std::string_view yaml =
    R"(title: Found\nlogsource: {product: windows}\ndetection:\n  s:\n    a|re: x+\n  condition: s\n)";

std::string rule(std::string_view id, std::string_view text = yaml) {
    return R"({"id":")" + std::string(id) + R"(","type":"sigma","sigma_yaml":")" + std::string(text) + "\"}";
}

// However slow the machine: what a shard hands on, it hands on for what it is.
void with_time(options& settings) { settings.read_budget = std::chrono::seconds(1); }

// Reads that the shard did not do itself.
std::uint64_t handed_on(running_server& server) {
    const auto readers = server.store().stats().readers;
    return readers.budget_overruns + readers.known_deep;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(a_document_is_parsed_on_no_shard) {
    running_server server({}, with_time);
    struct request {
        const char *method, *target;
        std::string body, type;
        int status;
    };
    const std::string json = "Content-Type: application/json\r\n";
    const std::string exception =
        R"({"id":"e","name":"e","type":"suppress","condition_type":"query","condition":"user:svc"})";
    std::uint64_t before = handed_on(server);
    for (const request& each : std::vector<request>{
             {"POST", "/api/v1/rules", rule("a"), json, 201},
             {"POST", "/api/v1/rules", rule("b"), json, 201},
             {"PATCH", "/api/v1/rules/a", R"({"sigma_yaml":")" + std::string(yaml) + R"( "})", patch_type, 200},
             {"PUT", "/api/v1/rules/a", rule("a"), json, 200},
             {"POST", "/api/v1/rules/bulk", R"({"action":"create","items":[)" + rule("c") + "]}", json, 200},
             {"POST", "/api/v1/exceptions", exception, json, 201},
             {"POST", "/api/v1/rules/validate", "title: x\n", "Content-Type: application/yaml\r\n", 200},
             {"POST", "/api/v1/rules/import", "title: x\n", "Content-Type: application/yaml\r\n", 200},
             {"POST", "/api/v1/iocs/import", "198.51.100.7\n", "Content-Type: text/plain\r\n", 200}}) {
        const auto got = server.ask(each.method, each.target, each.body, each.type);
        BOOST_TEST(got.status == each.status, each.target << ": " << got.body);
        BOOST_TEST(handed_on(server) == before + 1, each.method << " " << each.target);
        before = handed_on(server);
    }
    BOOST_TEST(server.get("/api/v1/rules/a").text("/name") == "Found");
    BOOST_TEST(server.get("/api/v1/rules/c").text("/sigma_yaml").starts_with("title: Found\n"));
}

BOOST_AUTO_TEST_CASE(a_body_without_a_document_stays_on_its_shard) {
    running_server server({}, with_time);
    BOOST_TEST(server.post("/api/v1/rules", R"({"id":"q","name":"q","severity":"low","query":"x"})").status == 201);
    BOOST_TEST(server.ask("PATCH", "/api/v1/rules/q", R"({"enabled":false})", patch_type).status == 200);
    BOOST_TEST(server.post("/api/v1/rules/q/lifecycle", R"({"to":"test"})").status == 200);
    BOOST_TEST(handed_on(server) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_as_before) {
    running_server server;
    const auto broken = server.post("/api/v1/rules", rule("a", R"(title: [\n)"));
    BOOST_TEST(broken.status == 422);
    BOOST_TEST(broken.text("/errors/0/field") == "sigma_yaml");
    BOOST_TEST(broken.json().at("errors").at(0).at("line").as_int64() == 2);
    BOOST_TEST(broken.text("/errors/0/detail").ends_with("(line 2, column 1)"));
    BOOST_TEST(server.post("/api/v1/rules", "[]").status == 422);
    BOOST_TEST(server.post("/api/v1/rules", "{").status == 400);
    BOOST_TEST(server.post("/api/v1/rules?x=1", rule("a")).status == 400);
    BOOST_TEST(server.ask("PATCH", "/api/v1/rules/none", R"({"sigma_yaml":"x"})", patch_type).status == 422);
    BOOST_TEST(server.ask("PATCH", "/api/v1/rules/none", R"({"name":"x"})", patch_type).status == 404);
    BOOST_TEST(server.post("/api/v1/rules", rule("a")).status == 201);
    BOOST_TEST(server.post("/api/v1/rules", rule("a")).status == 409);
    BOOST_TEST(server
                   .ask("PATCH", "/api/v1/rules/a", R"({"sigma_yaml":")" + std::string(yaml) + R"( "})",
                        patch_type + "If-Match: \"7\"\r\n")
                   .status == 412);
}

BOOST_AUTO_TEST_CASE(a_key_keeps_the_first_outcome_of_a_document_a_refusal_too) {
    running_server server;
    const std::string key = "Idempotency-Key: one\r\n", other = "Idempotency-Key: two\r\n";
    const auto made = server.post("/api/v1/rules", rule("a"), key);
    BOOST_TEST(made.status == 201);
    const auto again = server.post("/api/v1/rules", rule("a"), key);
    BOOST_TEST(again.status == 201);
    BOOST_TEST(again.body == made.body);
    BOOST_TEST(server.post("/api/v1/rules", rule("b"), key).status == 422);  // the key of another body
    const auto refused = server.post("/api/v1/rules", rule("c", R"(title: [\n)"), other);
    BOOST_TEST(refused.status == 422);
    const auto same = server.post("/api/v1/rules", rule("c", R"(title: [\n)"), other);
    BOOST_TEST(same.status == 422);
    BOOST_TEST(same.text("/detail") == refused.text("/detail"));
    BOOST_TEST(server.get("/api/v1/rules/count").json().at("count").as_int64() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
