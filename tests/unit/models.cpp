// Models of machine learning: versions, which one is in force, and how right it was.
#include "siem/models/models.hpp"
#include "siem/models/confusion.hpp"
#include "support/plans.hpp"
#include "support/uploading.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;
using siem::problem_code;

BOOST_AUTO_TEST_SUITE(models)

namespace {

answer make(domain& d, std::string_view id, std::string_view version, std::string_view name = "scorer") {
    return d.post("/ml/models", R"({"id":")" + std::string(id) + R"(","name":")" + std::string(name) +
                                    R"(","model_version":")" + std::string(version) +
                                    R"(","model_type":"forest","algorithm":"iforest"})");
}
answer give_data(domain& d, std::string_view id, std::string_view bytes = "weights") {
    return upload(d, "/ml/models/" + std::string(id) + "/data", {.bytes = bytes, .name = "w.bin", .type = ""});
}
answer activate(domain& d, std::string_view id) { return d.post("/ml/models/" + std::string(id) + "/activate", ""); }
std::string status(domain& d, std::string_view id) { return d.get("/ml/models/" + std::string(id)).text("/status"); }

void make_ready(domain& d, std::initializer_list<std::pair<const char*, const char*>> list) {
    for (const auto& [id, version] : list) {
        make(d, id, version);
        give_data(d, id);
    }
}

void feed_back(domain& d, bool predicted, bool actual, std::string_view name = "scorer") {
    const auto truth = [](bool what) { return std::string(what ? "true" : "false"); };
    const auto got = d.post("/ml/feedback", R"({"model_name":")" + std::string(name) + R"(","predicted_anomaly":)" +
                                                truth(predicted) + R"(,"actual_anomaly":)" + truth(actual) + "}");
    BOOST_REQUIRE(!got.refused.has_value());
}

// `tp tn fp fn`
std::string counts(const boost::json::value& of) {
    std::string all;
    for (const char* name : {"true_positives", "true_negatives", "false_positives", "false_negatives"})
        all += (all.empty() ? "" : " ") + std::to_string(of.at(name).as_int64());
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_version_is_three_numbers) {
    using siem::version_rank;
    BOOST_TEST(version_rank("1.2.3").value() < version_rank("1.10.0").value());
    BOOST_TEST(version_rank("9.99999.99999").value() < version_rank("10.0.0").value());
    for (const char* bad : {"", "1", "1.2", "1.2.3.4", "a.b.c", "1.2.", ".1.2", "1..2", "-1.0.0", "01.0.0",
                            "1.0.100000", "1.0.0 ", "+1.0.0", "99999999999999999999.0.0"})
        BOOST_TEST(!version_rank(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(each_version_of_a_name_is_there_once) {
    domain d;
    const auto first = make(d, "m1", "1.0.0");
    BOOST_TEST(first.text("/status") == "training");
    BOOST_TEST(first.at("/data_size").is_null());
    BOOST_TEST(is(make(d, "m2", "1.0.0"), problem_code::conflict));
    BOOST_TEST(!make(d, "m2", "1.0.0", "other").refused.has_value());
    BOOST_TEST(make(d, "m3", "1.0").faults() == "model_version");
    BOOST_TEST(make(d, "m3", "1.0.0", "no/name").faults() == "name");
    BOOST_TEST(d.patch("/ml/models/m1", R"({"model_version":"2.0.0"})").faults() == "model_version");
    BOOST_TEST(d.patch("/ml/models/m1", R"({"status":"active"})").faults() == "status");
    const auto patched = d.patch("/ml/models/m1", R"({"metrics":{"auc":0.9},"training_samples":9007199254740992})");
    BOOST_TEST(patched.at("/metrics/auc") == 0.9);
    BOOST_TEST(patched.at("/training_samples") == 9007199254740992);
}

BOOST_AUTO_TEST_CASE(versions_are_in_order_as_numbers) {
    domain d;
    for (const auto& [id, version] : {std::pair("a", "1.10.0"), std::pair("b", "1.9.0"), std::pair("c", "1.2.0")})
        make(d, id, version);
    BOOST_TEST(ids(d.get("/ml/models", {{"name", "scorer"}, {"sort", "-version_rank"}})) == "a b c");
    BOOST_TEST(d.get("/ml/names/scorer/latest").text("/id") == "a");
    BOOST_TEST(is(d.get("/ml/names/none/latest"), problem_code::not_found));
    BOOST_TEST(is(d.get("/ml/names/scorer/active"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(data_comes_while_a_model_is_in_training) {
    domain d;
    make(d, "m", "1.0.0");
    BOOST_TEST(is(d.get("/ml/models/m/data"), problem_code::not_found));
    const auto given = give_data(d, "m", "old");
    BOOST_TEST(given.at("/data_size") == 3);
    BOOST_TEST(given.reply.version == 2);
    BOOST_TEST(give_data(d, "m", "newer").text("/data_sha256") == base::sha256_hex("newer"));
    BOOST_TEST(d.count("SELECT count(*) FROM blobs WHERE state = 2") == 1);
    answer first;
    BOOST_TEST(downloaded(d, "/ml/models/m/data", first, "bytes=1-2") == "ew");
    activate(d, "m");
    BOOST_TEST(is(give_data(d, "m", "later"), problem_code::conflict));
    BOOST_TEST(is(give_data(d, "none"), problem_code::not_found));
    BOOST_TEST(downloaded(d, "/ml/models/m/data", first) == "newer");
}

BOOST_AUTO_TEST_CASE(one_version_of_a_name_is_active) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}});
    make(d, "empty", "2.0.0");
    BOOST_TEST(is(activate(d, "empty"), problem_code::conflict));
    BOOST_TEST(activate(d, "a").text("/status") == "active");
    BOOST_TEST(activate(d, "a").text("/status") == "active");
    d.now += 1;
    BOOST_TEST(activate(d, "b").text("/status") == "active");
    BOOST_TEST(status(d, "a") == "retired");
    BOOST_TEST(d.get("/ml/names/scorer/active").text("/id") == "b");
    BOOST_TEST(is(activate(d, "none"), problem_code::not_found));
    const auto deployments = d.get("/ml/deployments", {{"name", "scorer"}});
    BOOST_TEST(deployments.at("/items").as_array().size() == 2u);
    BOOST_TEST(deployments.text("/items/0/model_version") == "1.1.0");
    BOOST_TEST(deployments.at("/items/0/ended_at").is_null());
    BOOST_TEST(!deployments.at("/items/1/ended_at").is_null());
    // Nothing is half done when it is refused: the one that was stays.
    BOOST_TEST(is(activate(d, "empty"), problem_code::conflict));
    BOOST_TEST(status(d, "b") == "active");
    const auto twice = d.write(
        [](write_session& session) { return session.execute("UPDATE ml_models SET status = 1 WHERE id = 'a'"); });
    BOOST_TEST(!twice.has_value());
}

BOOST_AUTO_TEST_CASE(a_status_follows_its_edges) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}});
    const auto move = [&](std::string_view id, std::string_view to) {
        return d.post("/ml/models/" + std::string(id) + "/status", R"({"status":")" + std::string(to) + "\"}");
    };
    BOOST_TEST(is(move("a", "training"), problem_code::illegal_transition));
    BOOST_TEST(move("a", "active").text("/status") == "active");
    BOOST_TEST(move("b", "active").text("/status") == "active");
    BOOST_TEST(status(d, "a") == "retired");
    BOOST_TEST(is(move("b", "training"), problem_code::illegal_transition));
    BOOST_TEST(move("b", "retired").text("/status") == "retired");
    BOOST_TEST(is(d.get("/ml/names/scorer/active"), problem_code::not_found));
    BOOST_TEST(d.count("SELECT count(*) FROM ml_deployments WHERE ended_at IS NULL") == 0);
    BOOST_TEST(move("a", "active").text("/status") == "active");
}

BOOST_AUTO_TEST_CASE(rolling_back_leads_further_back_each_time) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}, {"c", "1.2.0"}});
    const auto back = [&] { return d.post("/ml/names/scorer/rollback", ""); };
    BOOST_TEST(is(back(), problem_code::conflict));
    for (const char* id : {"a", "b", "c"}) {
        d.now += 1;
        activate(d, id);
    }
    for (const char* id : {"b", "a"}) {
        d.now += 1;
        BOOST_TEST(back().text("/id") == id);
        BOOST_TEST(d.get("/ml/names/scorer/active").text("/id") == id);
    }
    BOOST_TEST(is(back(), problem_code::conflict));
    BOOST_TEST(status(d, "a") == "active");
    BOOST_TEST(status(d, "c") == "retired");
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_does_not_change_where_a_rollback_leads) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}, {"c", "1.2.0"}});
    for (const char* id : {"a", "b", "c"}) {
        d.now -= 3'600'000'000;
        activate(d, id);
    }
    BOOST_TEST(d.post("/ml/names/scorer/rollback", "").text("/id") == "b");
    BOOST_TEST(d.post("/ml/names/scorer/rollback", "").text("/id") == "a");
}

BOOST_AUTO_TEST_CASE(pruning_keeps_the_highest_versions_and_the_active_one) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}, {"c", "1.10.0"}, {"d", "1.9.0"}});
    make(d, "other", "0.1.0", "other");
    activate(d, "a");
    const auto prune = [&](std::string_view body) { return d.post("/ml/names/scorer/prune", body); };
    for (const char* bad : {"{}", R"({"keep_versions":0})", R"({"keep_versions":null})", R"({"keep_versions":1.5})"})
        BOOST_TEST(prune(bad).faults() == "keep_versions", bad);
    const auto pruned = prune(R"({"keep_versions":1})");
    BOOST_TEST(pruned.at("/deleted").as_array().size() == 2u);
    BOOST_TEST(pruned.at("/deleted/0/id") == "d");
    BOOST_TEST(ids(d.get("/ml/models", {{"name", "scorer"}, {"sort", "version_rank"}})) == "a c");
    BOOST_TEST(d.count("SELECT count(*) FROM blobs WHERE state = 2") == 2);
    BOOST_TEST(prune(R"({"keep_versions":1})").at("/deleted").as_array().empty());
    BOOST_TEST(is(d.remove("/ml/models/a"), problem_code::conflict));
    BOOST_TEST(!d.remove("/ml/models/other").refused.has_value());
}

BOOST_AUTO_TEST_CASE(a_deployment_outlives_its_version) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}});
    activate(d, "a");
    d.now += 1;
    activate(d, "b");
    BOOST_TEST(!d.remove("/ml/models/a").refused.has_value());
    const auto kept = d.get("/ml/deployments", {{"name", "scorer"}}).at("/items/1");
    BOOST_TEST(kept.at("model_version") == "1.0.0");
    BOOST_TEST(kept.at("model_id").is_null());
    BOOST_TEST(is(d.post("/ml/names/scorer/rollback", ""), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(the_state_of_all_models_is_told) {
    domain d;
    make_ready(d, {{"a", "1.0.0"}, {"b", "1.1.0"}});
    activate(d, "b");
    const auto got = d.get("/ml/status");
    BOOST_TEST(got.at("/models/training") == 1);
    BOOST_TEST(got.at("/models/active") == 1);
    BOOST_TEST(got.at("/active/0/model_version") == "1.1.0");
}

BOOST_AUTO_TEST_CASE(feedback_says_what_was_right) {
    domain d;
    d.post("/alerts", R"({"id":"al","title":"t","severity":"high"})");
    const auto give = [&](const std::string& more) {
        return d.post("/ml/feedback", R"({"model_name":"scorer",)" + more + "}");
    };
    const auto right = give(R"("predicted_anomaly":true,"actual_anomaly":true,"alert_id":"al","predicted_score":0.9)");
    BOOST_TEST(right.text("/outcome") == "TP");
    BOOST_TEST(give(R"("predicted_anomaly":false,"actual_anomaly":false)").text("/outcome") == "TN");
    BOOST_TEST(give(R"("predicted_anomaly":true,"actual_anomaly":false)").text("/outcome") == "FP");
    BOOST_TEST(give(R"("predicted_anomaly":false,"actual_anomaly":true)").text("/outcome") == "FN");
    BOOST_TEST(give(R"("predicted_anomaly":true)").faults() == "actual_anomaly");
    BOOST_TEST(give(R"("predicted_anomaly":1,"actual_anomaly":true)").faults() == "predicted_anomaly");
    BOOST_TEST(give(R"("predicted_anomaly":true,"actual_anomaly":true,"outcome":"FN")").faults() == "outcome");
    BOOST_TEST(give(R"("predicted_anomaly":true,"actual_anomaly":true,"alert_id":"none")").faults() == "alert_id");
    BOOST_TEST(give(R"("predicted_anomaly":true,"actual_anomaly":true,"predicted_score":2)").faults() ==
               "predicted_score");
    BOOST_TEST(ids(d.get("/ml/feedback", {{"alert_id", "al"}})) == right.text("/id"));
    BOOST_TEST(!d.remove("/alerts/al").refused.has_value());
    BOOST_TEST(d.get("/ml/feedback/" + right.text("/id")).at("/alert_id").is_null());
}

BOOST_AUTO_TEST_CASE(outcomes_are_counted_within_a_window) {
    domain d;
    constexpr std::int64_t second = 1'000'000;
    const auto begin = d.now;
    feed_back(d, true, true);
    d.now = begin + 60 * second;
    for (int i = 0; i < 3; ++i) feed_back(d, true, true);
    feed_back(d, true, false);
    feed_back(d, true, true, "other");
    d.now = begin + 120 * second;
    feed_back(d, false, true);
    feed_back(d, false, false);
    const auto all = d.get("/ml/names/scorer/confusion");
    BOOST_TEST(counts(all.json()) == "4 1 1 1");
    BOOST_TEST(all.at("/precision") == 0.8);
    BOOST_TEST(all.at("/recall") == 0.8);
    BOOST_TEST(all.at("/f1_score") == 0.8);
    BOOST_TEST(all.at("/false_positive_rate") == 0.5);
    BOOST_TEST(all.at("/false_negative_rate") == 0.2);
    BOOST_TEST(all.at("/accuracy") == 5.0 / 7);
    BOOST_TEST(all.at("/items").as_array().empty());
    // A window begins with its first microsecond and ends before its last.
    const auto window = [&](std::int64_t seconds, siem::timestamp to) {
        return counts(d.get("/ml/names/scorer/confusion",
                            {{"window_seconds", std::to_string(seconds)}, {"to", siem::format_time(to)}})
                          .json());
    };
    BOOST_TEST(window(60, begin + 120 * second) == "3 0 1 0");
    BOOST_TEST(window(60, begin + 60 * second) == "1 0 0 0");
    BOOST_TEST(window(120, begin + 120 * second) == "4 0 1 0");
    BOOST_TEST(window(10, begin) == "0 0 0 0");
    const auto parts =
        d.get("/ml/names/scorer/confusion",
              {{"window_seconds", "180"}, {"bucket_seconds", "60"}, {"to", siem::format_time(begin + 180 * second)}});
    BOOST_TEST(parts.at("/items").as_array().size() == 3u);
    BOOST_TEST(counts(parts.at("/items/0")) == "1 0 0 0");
    BOOST_TEST(counts(parts.at("/items/1")) == "3 0 1 0");
    BOOST_TEST(counts(parts.at("/items/2")) == "0 1 0 1");
    BOOST_TEST(parts.at("/items/2/precision").is_null());
    BOOST_TEST(parts.text("/items/1/start") == siem::format_time(begin + 60 * second));
    for (const auto& bad :
         {domain::query{{"window_seconds", "0"}}, domain::query{{"window_seconds", "x"}},
          domain::query{{"bucket_seconds", "1"}}, domain::query{{"to", "soon"}},
          domain::query{{"to", "2020-01-01T00:00:00Z"}, {"to", "2020-01-01T00:00:00Z"}}, domain::query{{"other", "1"}}})
        BOOST_TEST(is(d.get("/ml/names/scorer/confusion", bad), problem_code::bad_request),
                   bad[0].first << bad[0].second);
    BOOST_TEST(counts(d.get("/ml/names/none/confusion").json()) == "0 0 0 0");
}

BOOST_AUTO_TEST_CASE(metrics_are_averaged_and_else_come_from_feedback) {
    domain d;
    feed_back(d, true, true);
    feed_back(d, true, false);
    const auto got = [&](const domain::query& by = {}) { return d.get("/ml/names/scorer/metrics", by); };
    BOOST_TEST(got().text("/source") == "feedback");
    BOOST_TEST(got().at("/precision") == 0.5);
    const auto measure = [&](const std::string& numbers) {
        return d.post("/ml/metrics", R"({"model_name":"scorer","window_seconds":60,)" + numbers + "}");
    };
    const auto first = measure(R"("true_positives":1,"false_positives":3,"drift_score":0.25)");
    BOOST_TEST(first.at("/precision") == 0.25);
    BOOST_TEST(first.at("/true_negatives") == 0);
    BOOST_TEST(first.at("/drift_detected") == false);
    d.now += 1;
    measure(R"("true_positives":3,"false_positives":1,"drift_score":0.75,"drift_detected":true)");
    BOOST_TEST(measure(R"("precision":1)").faults() == "precision");
    BOOST_TEST(measure(R"("true_positives":-1)").faults() == "true_positives");
    BOOST_TEST(got().text("/source") == "metrics");
    BOOST_TEST(got().at("/count") == 2);
    BOOST_TEST(got().at("/precision") == 0.5);
    BOOST_TEST(got({{"aggregation", "minimum"}}).at("/precision") == 0.25);
    BOOST_TEST(got({{"aggregation", "maximum"}}).at("/drift_score") == 0.75);
    BOOST_TEST(is(got({{"aggregation", "median"}}), problem_code::bad_request));
    BOOST_TEST(ids(d.get("/ml/metrics", {{"model_name", "scorer"}, {"sort", "created_at"}, {"limit", "1"}})) ==
               first.text("/id"));
}

BOOST_AUTO_TEST_CASE(outcomes_are_counted_by_an_index_that_has_them) {
    domain d;
    const auto plan =
        plan_of(d,
                "SELECT (created_at - 1) / 2, outcome, count(*) FROM ml_feedback WHERE model_name = 'a' AND "
                "created_at >= 1 AND created_at < 2 GROUP BY 1, 2 ORDER BY 1");
    BOOST_TEST(plan.find("SEARCH ml_feedback USING COVERING INDEX ml_feedback_outcomes") != plan.npos, plan);
}

BOOST_AUTO_TEST_SUITE_END()
