#include "http/fixture.hpp"
#include "http/signed_in.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

// What runs, how it is ended, and what statements have come to, over the wire.
namespace carrel::testing {

namespace {

using namespace std::chrono_literals;

const std::string running_path = "/api/v1/queries/running";
const std::string slow_count = "/api/v1/alerts/count?tag=planted-secret";
const std::string long_deadline = "Carrel-Timeout-Ms: 60000\r\n";

/// Has reads of `slow_count` outgrow a shard's budget, and last on background readers as long as `is_held`.
void hold_slow_counts(const std::atomic<bool>& is_held) {
    slow_filter::pause = [&is_held](bool on_shard) {
        if (on_shard) {
            const auto until = std::chrono::steady_clock::now() + 20us;
            while (std::chrono::steady_clock::now() < until) {  // whoever yields waits for others on a busy machine
            }
        } else if (is_held) {
            (void)eventually([&is_held] { return !is_held; }, 60s);
        }
    };
}

struct slow_reads {
    slow_reads() {
        server.fill_alerts(2'000);
        hold_slow_counts(is_held);
    }
    ~slow_reads() { is_held = false; }

    std::atomic<bool> is_held{true};
    running_server server{{}, [](auto& settings) {
                              settings.deep_reads_max = 2;
                              settings.exhaustion_threshold = 100ms;
                          }};
};

class asking {
public:
    asking(running_server& server, const std::string& target, const std::string& fields)
        : client_(server.port()) {
        client_.send(client_.request("GET", target, {}, fields + long_deadline));
    }
    wire_reply receive() { return client_.receive(); }

private:
    raw_client client_;
};

boost::json::value running(running_server& server, const std::string& fields = {}) {
    return server.get(running_path, fields).json().at("items");
}

// The run of a request, once it is seen in the background with its first statement.
boost::json::value run_of(running_server& server, std::string_view request_id, const std::string& fields = {}) {
    boost::json::value found;
    BOOST_TEST(eventually([&] {
        const auto all = running(server, fields);
        for (const auto& each : all.as_array()) {
            const auto& run = each.as_object();
            if (run.contains("request_id") && run.at("request_id").as_string() == request_id &&
                run.at("lane").as_string() == "background" && !run.at("statement").as_string().empty())
                found = each;
        }
        return found.is_object();
    }));
    return found;
}

std::string text_of(const boost::json::value& of, std::string_view name) {
    return std::string(of.at(boost::json::string_view(name.data(), name.size())).as_string());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(queries)

BOOST_AUTO_TEST_CASE(a_running_read_is_listed_with_who_asked_and_ended_alone) {
    slow_reads slow;
    BOOST_TEST(running(slow.server).as_array().empty());
    asking doomed(slow.server, slow_count, "X-Request-Id: doomed\r\n");
    const auto run = run_of(slow.server, "doomed");
    asking other(slow.server, slow_count, "X-Request-Id: other\r\n");
    const auto other_run = run_of(slow.server, "other");
    BOOST_TEST(text_of(run, "route") == "GET /api/v1/alerts/count");
    BOOST_TEST(text_of(run, "statement").starts_with("SELECT"));
    BOOST_TEST(run.at("running_seconds").as_double() > 0.0);
    BOOST_TEST(run.at("wait_seconds").as_double() >= 0.0);
    BOOST_TEST(!run.at("cancelled").as_bool());
    BOOST_TEST(boost::json::serialize(running(slow.server)).find("planted-secret") == std::string::npos);

    const auto ended = slow.server.ask("DELETE", running_path + "/" + text_of(run, "id"));
    BOOST_TEST(ended.status == 200);
    BOOST_TEST(ended.text("/id") == text_of(run, "id"));
    BOOST_TEST(ended.text("/ends") == "at_once");
    BOOST_TEST(run_of(slow.server, "doomed").at("cancelled").as_bool());
    BOOST_TEST(!run_of(slow.server, "other").at("cancelled").as_bool());
    slow.is_held = false;
    const auto refused = doomed.receive();
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.problem() == "query_cancelled");
    BOOST_TEST(refused.text("/request_id") == "doomed");
    BOOST_TEST(other.receive().status == 200);
    BOOST_TEST(slow.server.ask("DELETE", running_path + "/" + text_of(run, "id")).status == 404);
}

BOOST_AUTO_TEST_CASE(what_is_no_run_is_not_found) {
    running_server server;
    for (const std::string id : {"1", "0", "-1", "x", "99999999999999999999", "1.5"})
        BOOST_TEST(server.ask("DELETE", running_path + "/" + id).status == 404, id);
    for (const std::string query : {"?limit=1", "?plan=yes", "?plan=true&plan=true"})
        BOOST_TEST(server.get(running_path + query).problem() == "bad_request", query);
}

BOOST_AUTO_TEST_CASE(a_running_read_is_listed_with_its_plan) {
    slow_reads slow;
    asking one(slow.server, slow_count, "X-Request-Id: planned\r\n");
    const auto run = run_of(slow.server, "planned");
    BOOST_TEST(!run.as_object().contains("plan"));
    BOOST_TEST(!slow.server.get(running_path + "?plan=false").json().at("items").at(0).as_object().contains("plan"));
    std::string plan;
    const auto with_plans = slow.server.get(running_path + "?plan=true").json();
    for (const auto& each : with_plans.at("items").as_array())
        if (text_of(each, "id") == text_of(run, "id")) plan = text_of(each, "plan");
    BOOST_TEST(plan.find("alerts") != std::string::npos, plan);
    BOOST_TEST(plan.find("planted-secret") == std::string::npos);
    slow.is_held = false;
    BOOST_TEST(one.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(a_scan_of_events_is_listed_and_ended) {
    running_server server;
    for (int i = 0; i < 5; ++i) BOOST_TEST(server.ingest(event_lines(20'000)).status == 201);
    // It may be done before it is found: asked again then.
    bool is_ended = false;
    for (int attempt = 0; attempt < 50 && !is_ended; ++attempt) {
        const auto id = "scan-" + std::to_string(attempt);
        asking scan(server, "/api/v1/events/count?q=NOT%20zz" + std::to_string(attempt) + "*%20NOT%20yy*%20NOT%20xx*",
                    "X-Request-Id: " + id + "\r\n");
        std::string run;
        (void)eventually(
            [&] {
                const auto all = running(server);
                for (const auto& each : all.as_array())
                    if (each.as_object().contains("request_id") && text_of(each, "request_id") == id &&
                        text_of(each, "lane") == "background")
                        run = text_of(each, "id");
                return !run.empty();
            },
            200ms);
        if (!run.empty()) (void)server.ask("DELETE", running_path + "/" + run);
        const auto reply = scan.receive();
        is_ended = reply.status == 503 && reply.problem() == "query_cancelled";
        BOOST_TEST((is_ended || reply.status == 200));
    }
    BOOST_TEST(is_ended);
}

BOOST_AUTO_TEST_CASE(who_ended_what_is_in_the_audit_log_and_only_administrators_may) {
    closed_house house;
    add_user(house.server, "eve", "engineer", house.root.fields());
    const auto eve = log_in(house.server, "eve");
    BOOST_TEST(house.server.get(running_path, eve.fields()).status == 200);
    BOOST_TEST(house.server.get("/api/v1/queries/top", eve.fields()).status == 200);
    house.server.fill_alerts(2'000);
    std::atomic<bool> is_held{true};
    hold_slow_counts(is_held);
    asking doomed(house.server, slow_count, eve.fields() + "X-Request-Id: doomed\r\n");
    const auto run = run_of(house.server, "doomed", house.root.fields());
    const auto path = running_path + "/" + text_of(run, "id");
    BOOST_TEST(text_of(run, "principal") == "eve");
    BOOST_TEST(house.server.ask("DELETE", path, {}, eve.fields()).status == 403);
    BOOST_TEST(house.server.ask("DELETE", path, {}, house.root.without_csrf()).status == 403);
    BOOST_TEST(!run_of(house.server, "doomed", house.root.fields()).at("cancelled").as_bool());
    BOOST_TEST(house.server.ask("DELETE", path, {}, house.root.fields() + "X-Request-Id: end-it\r\n").status == 200);
    is_held = false;
    BOOST_TEST(doomed.receive().problem() == "query_cancelled");
    const auto entry =
        house.server.get("/api/v1/audit?sort=-seq&limit=1", house.root.fields()).json().at("items").at(0);
    BOOST_TEST(text_of(entry, "action") == "cancel_query");
    BOOST_TEST(text_of(entry, "principal") == "root");
    BOOST_TEST(text_of(entry, "target") == "/queries/running/" + text_of(run, "id"));
    BOOST_TEST(text_of(entry, "request_id") == "end-it");
    BOOST_TEST(text_of(entry.at("detail"), "principal") == "eve");
    slow_filter::pause = nullptr;
}

BOOST_AUTO_TEST_CASE(statements_are_listed_by_what_they_came_to) {
    running_server server;
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(server.post("/api/v1/alerts", alert_body("planted-secret-" + std::to_string(i))).status == 201);
    const auto top = [&](const std::string& query) {
        return server.get("/api/v1/queries/top" + query).json().at("items").as_array();
    };
    const auto by_calls = top("?sort=calls&limit=1000");
    BOOST_REQUIRE(by_calls.size() > 1u);
    BOOST_TEST(std::is_sorted(by_calls.begin(), by_calls.end(), [](const auto& a, const auto& b) {
        return a.at("calls").as_int64() > b.at("calls").as_int64();
    }));
    const auto insert = std::find_if(by_calls.begin(), by_calls.end(), [](const auto& each) {
        return text_of(each, "statement").starts_with("INSERT OR FAIL INTO alerts(");
    });
    BOOST_REQUIRE(insert != by_calls.end());
    BOOST_TEST(insert->at("calls").as_int64() == 3);
    BOOST_TEST(insert->at("failures").as_int64() == 0);
    BOOST_TEST(insert->at("total_seconds").as_double() >= insert->at("max_seconds").as_double());
    BOOST_TEST(insert->at("mean_seconds").as_double() <= insert->at("max_seconds").as_double());
    BOOST_TEST(text_of(*insert, "last_seen").ends_with("Z"));
    BOOST_TEST(!insert->as_object().contains("plan"));
    BOOST_TEST(boost::json::serialize(by_calls).find("planted-secret") == std::string::npos);
    BOOST_TEST(top("?limit=2").size() == 2u);
    BOOST_TEST(top("").size() <= 20u);
    const auto planned = top("?plan=true&limit=1000");
    BOOST_TEST(std::all_of(planned.begin(), planned.end(),
                           [](const auto& each) { return each.as_object().contains("plan"); }));
    BOOST_TEST(std::any_of(planned.begin(), planned.end(),
                           [](const auto& each) { return text_of(each, "plan").find("SEARCH") != std::string::npos; }));
    for (const std::string wrong :
         {"?limit=0", "?limit=1001", "?limit=x", "?sort=-calls", "?sort=", "?plan=yes", "?q=1", "?limit=1&limit=2"}) {
        const auto refused = server.get("/api/v1/queries/top" + wrong);
        BOOST_TEST(refused.status == 400, wrong);
        BOOST_TEST(refused.json().at("errors").at(0).as_object().contains("field"), wrong);
    }
}

BOOST_AUTO_TEST_CASE(an_episode_of_exhaustion_says_what_held_the_readers) {
    std::mutex mutex;
    std::vector<std::string> lines;
    const auto logged = [&](std::string_view part) {
        const std::lock_guard lock(mutex);
        return std::count_if(lines.begin(), lines.end(),
                             [&](const auto& each) { return each.find(part) != std::string::npos; });
    };
    std::atomic<bool> is_held{true};
    {
        running_server server({}, [&](options& settings) {
            settings.readers_max = 2;
            settings.readers_idle = 1;
            settings.exhaustion_threshold = 1s;
            settings.background_nice = 0;  // on a busy machine the first read would wait for its turn, too
            settings.log = [&](log_level, std::string_view line) {
                const std::lock_guard lock(mutex);
                lines.emplace_back(line);
            };
        });
        server.fill_alerts(2'000);
        hold_slow_counts(is_held);
        asking first(server, slow_count, {}), second(server, slow_count, {}), third(server, slow_count, {});
        BOOST_TEST(eventually([&] { return logged("readers exhausted") == 1; }));
        BOOST_TEST(eventually([&] { return server.store().stats().readers.queue_jobs == 2; }));
        is_held = false;
        for (auto* each : {&first, &second, &third}) BOOST_TEST(each->receive().status == 200);
        BOOST_TEST(eventually([&] { return logged("reader exhaustion over after") == 1; }));
    }
    BOOST_TEST(logged("; held by: ") == 2);
    BOOST_TEST(logged("2 reads waited, at most 2 at a time, the longest for ") == 1);
    BOOST_TEST(logged("in 3 runs of SELECT") == 1);
    BOOST_TEST(logged("planted-secret") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
