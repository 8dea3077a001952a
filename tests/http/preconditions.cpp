#include "fixture.hpp"

#include "http/routing/endpoints.hpp"

#include <boost/test/unit_test.hpp>

// What If-Match and If-None-Match do to changes of what has no version of its own.
namespace carrel::testing {

namespace {

constexpr std::string_view api = "/api/v1";

// The endpoint's path with `id` for its first name in braces and `x` for the others.
std::string address_of(const http::endpoint& each, std::string_view id = "x") {
    std::string made;
    for (std::size_t at = 0; at < each.path.size(); ++at) {
        if (each.path[at] != '{') {
            made.push_back(each.path[at]);
            continue;
        }
        made.append(std::exchange(id, "x"));
        at = each.path.find('}', at);
    }
    return made;
}

std::string_view media_type_of(const http::endpoint& each) {
    if (each.takes_shipper()) return "application/json";
    if (each.is_event_stream()) return "application/x-ndjson";
    if (each.operation != nullptr && each.operation->body == siem::body_kind::merge_patch)
        return "application/merge-patch+json";
    return each.takes_upload() || each.takes_file() ? "application/octet-stream" : "application/json";
}

wire_reply ask(running_server& server, const http::endpoint& each, const std::string& address,
               const std::string& fields) {
    const std::string type = "Content-Type: " + std::string(media_type_of(each)) + "\r\n";
    constexpr std::array<std::string_view, 5> names = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    return server.ask(names[static_cast<std::size_t>(each.method)], address, each.takes_body() ? "{}" : "",
                      fields + (each.takes_body() ? type : std::string()));
}

std::vector<http::endpoint> changes(bool with_preconditions) {
    auto all = http::all_endpoints();
    std::erase_if(all, [&](const http::endpoint& each) {
        return each.method == siem::method::get || each.takes_preconditions() != with_preconditions;
    });
    return all;
}

// One of each resource whose version another operation's path asks for; `x` but for the execution.
std::string make_owners(running_server& server) {
    const auto made = [&](std::string_view path, const std::string& body) {
        const auto reply = server.post(std::string(api).append(path), body);
        BOOST_TEST_REQUIRE((reply.status == 201 || reply.status == 202), path << " " << reply.body);
        return reply;
    };
    made("/alerts", R"({"id":"x","title":"t","severity":"low"})");
    made("/rules", R"({"id":"x","name":"n","type":"query","severity":"low","query":"q"})");
    made("/actions", R"({"id":"x","name":"n","type":"webhook","config":{"url":"https://example.com/"}})");
    made("/feeds", R"({"id":"x","name":"n","type":"http","url":"https://example.com/"})");
    made("/ioc-feeds", R"({"id":"x","name":"n","type":"http","format":"csv","url":"https://example.com/"})");
    made("/playbooks",
         R"({"id":"x","name":"n","steps":[{"id":"a","type":"call_webhook","parameters":{"action_id":"x"}}]})");
    return made("/playbooks/x/execute", "{}").text("/id");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(preconditions)

BOOST_AUTO_TEST_CASE(a_change_without_a_version_is_refused_when_it_names_one) {
    running_server server;
    int seen = 0;
    for (const auto& each : changes(false)) {
        const auto reply = ask(server, each, address_of(each), "If-Match: \"1\"\r\n");
        BOOST_TEST(reply.status == 412, each.path << " " << reply.status);
        ++seen;
    }
    BOOST_TEST(seen > 90);
}

BOOST_AUTO_TEST_CASE(any_version_is_there_to_be_deleted_and_no_other_change_of_what_has_none) {
    running_server server;
    for (const auto& each : changes(false)) {
        const bool deletes = each.method == siem::method::del, creates = each.method == siem::method::post;
        const auto any = ask(server, each, address_of(each), "If-Match: *\r\n");
        BOOST_TEST((any.status == 412) == !deletes, each.path << " " << any.status);
        const auto none = ask(server, each, address_of(each), "If-None-Match: *\r\n");
        BOOST_TEST((none.status == 412) == !creates, each.path << " " << none.status);
        if (!deletes) continue;
        const auto other = ask(server, each, address_of(each), "If-None-Match: \"1\"\r\n");
        BOOST_TEST(other.status != 412, each.id);
    }
}

BOOST_AUTO_TEST_CASE(a_change_is_refused_that_names_a_stale_version_of_what_its_path_names) {
    running_server server;
    const std::string execution = make_owners(server);
    int seen = 0;
    for (const auto& each : changes(true)) {
        if (each.has_version()) continue;
        const std::string id = each.path.find("/playbook-executions/") != std::string::npos ? execution : "x";
        const std::string address = address_of(each, id);
        const auto stale = ask(server, each, address, "If-Match: \"7\"\r\n");
        // A body that is not what it should be is refused first: what it lacks shows that nothing was done, too.
        if (stale.status == 422) continue;
        BOOST_TEST(stale.problem() == "stale_version", each.id << " " << stale.body);
        BOOST_TEST(ask(server, each, address, "If-None-Match: \"1\", \"2\"\r\n").status == 412, each.id);
        BOOST_TEST(ask(server, each, address, "If-Match: \"1\", \"2\"\r\n").status != 412, each.id);
        ++seen;
    }
    BOOST_TEST(seen >= 9);
}

BOOST_AUTO_TEST_CASE(a_link_with_an_investigation_matches_the_version_of_its_alert) {
    running_server server;
    make_owners(server);
    server.post("/api/v1/investigations", R"({"id":"i","title":"t"})");
    const auto link = [&](std::string_view version) {
        return server.ask("PATCH", "/api/v1/alerts/x/investigation", R"({"investigation_id":"i"})",
                          "Content-Type: application/merge-patch+json\r\nIf-Match: " + std::string(version) + "\r\n");
    };
    BOOST_TEST(link("\"2\"").status == 412);
    BOOST_TEST(server.get("/api/v1/alerts/x/investigation").status == 404);
    BOOST_TEST(link("\"1\"").status == 200);
    BOOST_TEST(server.get("/api/v1/alerts/x/investigation").text("/id") == "i");
}

BOOST_AUTO_TEST_CASE(the_document_names_the_preconditions_that_are_evaluated_and_the_refusal_of_others) {
    running_server server;
    const auto document = server.get("/openapi.json").json();
    const auto operation = [&](std::string_view path, std::string_view method) -> const boost::json::object& {
        return document.at("paths").at(std::string(api).append(path)).at(method).as_object();
    };
    const auto takes_match = [](const boost::json::object& one) {
        for (const auto& each : one.at("parameters").as_array())
            if (each.at("name").as_string() == "If-Match") return true;
        return false;
    };
    BOOST_TEST(takes_match(operation("/playbooks/{id}/execute", "post")));
    BOOST_TEST(!takes_match(operation("/admin/backups/{name}", "delete")));
    for (const auto& [path, method] : {std::pair("/admin/backups/{name}", "delete"),
                                       std::pair("/queries/running/{id}", "delete"), std::pair("/events/get", "post")})
        BOOST_TEST(operation(path, method).at("responses").as_object().contains("412"), path);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
