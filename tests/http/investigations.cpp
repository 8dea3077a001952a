#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>

// Many clients at one investigation at once. The rules themselves are tested without sockets.
namespace carrel::testing {

namespace {

constexpr int clients = 8;

// What `work(client, number)` gives, of clients that begin together.
template <class Work>
auto at_once(running_server& server, Work work) {
    using given = decltype(work(std::declval<raw_client&>(), 0));
    std::array<given, clients> made;
    std::atomic<int> waiting{clients};
    std::vector<std::thread> threads;
    for (int i = 0; i < clients; ++i)
        threads.emplace_back([&, i] {
            raw_client client(server.port());
            --waiting;
            while (waiting > 0) std::this_thread::yield();
            made[static_cast<std::size_t>(i)] = work(client, i);
        });
    for (auto& each : threads) each.join();
    return made;
}

wire_reply post(raw_client& client, const std::string& target, const std::string& body) {
    return client.ask("POST", "/api/v1" + target, body, "Content-Type: application/json\r\n");
}

std::string new_one(const std::string& id) { return R"({"id":")" + id + R"(","title":"t"})"; }

// All items of a list, over its pages.
boost::json::array all_items(running_server& server, const std::string& target) {
    boost::json::array all;
    for (std::string cursor;;) {
        const auto page = server.get("/api/v1" + target + "?limit=100" + cursor).json();
        for (const auto& each : page.at("items").as_array()) all.push_back(each);
        if (page.at("next").is_null()) return all;
        cursor = "&cursor=" + std::string(page.at("next").as_string());
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(investigations)

BOOST_AUTO_TEST_CASE(no_note_and_no_change_of_the_status_is_lost) {
    running_server server;
    BOOST_TEST(server.post("/api/v1/investigations", new_one("i")).status == 201);
    BOOST_TEST(server.post("/api/v1/investigations/i/status", R"({"status":"in_progress"})").status == 200);
    struct done {
        int notes = 0, changes = 0, others = 0;
    };
    const auto all = at_once(server, [](raw_client& client, int number) {
        done mine;
        for (int i = 0; i < 50; ++i) {
            const std::string text = std::to_string(number) + "." + std::to_string(i);
            mine.notes += post(client, "/investigations/i/notes", R"({"content":")" + text + "\"}").status == 201;
            const char* to = i % 2 == 0 ? "awaiting_review" : "in_progress";
            const int status =
                post(client, "/investigations/i/status", R"({"status":")" + std::string(to) + "\"}").status;
            if (status == 200) ++mine.changes;
            else if (status != 409) ++mine.others;
        }
        return mine;
    });
    int notes = 0, changes = 1;
    for (const done& each : all) {
        notes += each.notes;
        changes += each.changes;
        BOOST_TEST(each.others == 0);
    }
    BOOST_TEST(notes == clients * 50);
    std::set<std::string> texts;
    for (const auto& each : all_items(server, "/investigations/i/notes"))
        texts.insert(each.at("content").as_string().c_str());
    BOOST_TEST(texts.size() == static_cast<std::size_t>(notes));
    // Each change begins where the one before it ended.
    std::string state = "open";
    const auto trail = all_items(server, "/investigations/i/status");
    for (const auto& each : trail) {
        BOOST_TEST(each.at("from").as_string().c_str() == state);
        state = each.at("to").as_string().c_str();
    }
    BOOST_TEST(trail.size() == static_cast<std::size_t>(changes));
    BOOST_TEST(server.get("/api/v1/investigations/i").text("/status") == state);
    BOOST_TEST(all_items(server, "/investigations/i/timeline").size() == static_cast<std::size_t>(notes + changes));
}

BOOST_AUTO_TEST_CASE(numbers_that_are_given_at_once_are_all_different) {
    running_server server;
    const auto all = at_once(server, [](raw_client& client, int) {
        std::vector<std::string> numbers;
        for (int i = 0; i < 25; ++i)
            numbers.push_back(post(client, "/investigations", R"({"title":"t"})").text("/number"));
        return numbers;
    });
    std::set<std::string> different;
    for (const auto& each : all) different.insert(each.begin(), each.end());
    BOOST_TEST(different.size() == clients * 25u);
}

BOOST_AUTO_TEST_CASE(of_many_who_open_one_for_an_alert_one_does) {
    running_server server;
    for (int round = 0; round < 10; ++round) {
        const std::string id = "a" + std::to_string(round);
        server.post("/api/v1/alerts", alert_body(id));
        const auto all = at_once(server, [&](raw_client& client, int) {
            return post(client, "/alerts/" + id + "/investigation", "{}").status;
        });
        BOOST_TEST(std::count(all.begin(), all.end(), 201) == 1);
        BOOST_TEST(std::count(all.begin(), all.end(), 409) == clients - 1);
    }
    BOOST_TEST(server.get("/api/v1/investigations/count").number("/count") == 10);
    BOOST_TEST(server.get("/api/v1/investigations/stats").number("/total") == 10);
}

BOOST_AUTO_TEST_CASE(who_closes_first_is_the_only_one_and_nothing_comes_after) {
    running_server server;
    server.post("/api/v1/investigations", new_one("i"));
    for (const char* each : {"in_progress", "resolved"})
        server.post("/api/v1/investigations/i/status", R"({"status":")" + std::string(each) + "\"}");
    struct done {
        bool has_closed = false;
        int notes = 0;
    };
    const auto all = at_once(server, [](raw_client& client, int number) {
        done mine;
        for (int i = 0; i < 20; ++i)
            mine.notes += post(client, "/investigations/i/notes", R"({"content":"n"})").status == 201;
        const std::string body = R"({"verdict":"inconclusive","resolution_category":"c)" + std::to_string(number) +
                                 R"(","summary":"nothing was found"})";
        mine.has_closed = post(client, "/investigations/i/close", body).status == 200;
        return mine;
    });
    std::int64_t notes = 0;
    std::string category;
    for (int i = 0; i < clients; ++i) {
        const done& each = all[static_cast<std::size_t>(i)];
        notes += each.notes;
        if (each.has_closed) category += "c" + std::to_string(i);
    }
    BOOST_TEST(server.get("/api/v1/investigations/i").text("/resolution_category") == category);
    BOOST_TEST(all_items(server, "/investigations/i/notes").size() == static_cast<std::size_t>(notes));
    BOOST_TEST(server.post("/api/v1/investigations/i/notes", R"({"content":"late"})").status == 409);
}

BOOST_AUTO_TEST_CASE(the_wire_shows_what_the_contract_says) {
    running_server server;
    const auto made = server.post("/api/v1/investigations", new_one("i"));
    BOOST_TEST(made.field("location") == "/api/v1/investigations/i");
    BOOST_TEST(made.field("etag") == "\"1\"");
    const auto refused = server.post("/api/v1/investigations/i/status", R"({"status":"resolved"})");
    BOOST_TEST(refused.status == 409);
    BOOST_TEST(refused.problem() == "illegal_transition");
    server.post("/api/v1/alerts", alert_body("a"));
    BOOST_TEST(server.ask("PUT", "/api/v1/investigations/i/alerts/a").status == 204);
    BOOST_TEST(server
                   .ask("PATCH", "/api/v1/alerts/a/investigation", R"({"investigation_id":"i"})",
                        "Content-Type: application/merge-patch+json\r\n")
                   .text("/investigation_id") == "i");
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a/investigation").status == 204);
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a/investigation").problem() == "not_found");
    const auto changed =
        server.post("/api/v1/alerts/changes", R"({"action":"tag","tags":["x"],"filter":{"severity":"low"}})");
    BOOST_TEST(changed.number("/succeeded") == 1);
    const auto known = server.post("/api/v1/alerts/changes", R"({"action":"tag"})", "Idempotency-Key: k\r\n");
    BOOST_TEST(known.status == 422);
    BOOST_TEST(server.post("/api/v1/alerts/changes", R"({"action":"tag"})", "Idempotency-Key: k\r\n").status == 422);
    BOOST_TEST(server.ask("DELETE", "/api/v1/investigations/i").status == 204);
    BOOST_TEST(server.get("/api/v1/investigations/i").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
