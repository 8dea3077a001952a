// How executions go on, step by step, by a clock of the test's own.
#include "siem/playbooks/execution_engine.hpp"
#include "siem/playbooks/retry_delay.hpp"
#include "support/plans.hpp"
#include "support/playbook_bodies.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::testing;
using carrel::siem::problem_code;
using carrel::siem::step_status;

BOOST_AUTO_TEST_SUITE(playbook_executions)

namespace {

constexpr std::int64_t second = 1'000'000;

const std::string note_step = R"({"id":"note","type":"add_note","parameters":{"note":"seen {{alert.title}}"}})";

std::int64_t restart(domain& d) {
    return d.write([&](carrel::write_session& s) { return carrel::siem::end_broken_off(s, d.now); }).value();
}

std::string error_of(domain& d, const std::string& execution, int step) {
    const auto got =
        d.get("/playbook-executions/" + execution + "/steps").at("/items/" + std::to_string(step) + "/error");
    return got.is_null() ? std::string() : std::string(got.as_string());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_servers_own_steps_are_done_in_order) {
    domain d;
    d.post("/iocs", R"({"id":"i","value":"192.0.2.1","severity":"high"})");
    add_alert(d, "a", R"(,"fingerprint":"192.0.2.1")");
    add_playbook(d, "p",
                 R"({"id":"look","type":"enrich_ioc","parameters":{"value":"{{alert.fingerprint}}"}},)" + note_step +
                     "," + alert_step("ack", R"("status":"acknowledged","severity":"critical","add_tags":["seen"])"));
    const auto begun = d.post("/playbooks/p/execute", R"({"alert_id":"a"})");
    BOOST_TEST((begun.reply.kind == carrel::siem::outcome::accepted));
    const std::string id = begun.text("/id");
    BOOST_TEST(begun.reply.location == "/api/v1/playbook-executions/" + id);
    BOOST_TEST(status_of(d, id) == "pending");
    run_own(d);
    BOOST_TEST(status_of(d, id) == "completed");
    BOOST_TEST(step_states(d, id) == "succeeded succeeded succeeded");
    BOOST_TEST(d.get("/playbook-executions/" + id + "/steps").text("/items/0/output/indicators/0/id") == "i");
    const auto alert = d.get("/alerts/a");
    BOOST_TEST(alert.text("/status") == "acknowledged");
    BOOST_TEST(alert.text("/severity") == "critical");
    BOOST_TEST(alert.text("/tags/0") == "seen");
    const auto history = d.get("/alerts/a/history").json();
    bool is_noted = false;
    for (const auto& each : history.at("items").as_array())
        is_noted = is_noted || (each.at("field") == "note" && each.at("note") == "seen Odd log-in" &&
                                each.at("by") == "playbook:p");
    BOOST_TEST(is_noted);
}

BOOST_AUTO_TEST_CASE(what_it_is_about_must_be_there) {
    domain d;
    add_playbook(d, "p", note_step);
    BOOST_TEST(d.post("/playbooks/p/execute", "{}").faults() == "alert_id");
    BOOST_TEST(d.post("/playbooks/p/execute", R"({"alert_id":"none"})").faults() == "alert_id");
    BOOST_TEST(d.post("/playbooks/p/execute", R"({"case":"x"})").faults() == "case");
    add_playbook(d, "q", R"({"id":"note","type":"add_note","parameters":{"note":"plain"}})");
    BOOST_TEST(d.post("/playbooks/q/execute", R"({"investigation_id":"none"})").faults() == "investigation_id");
    BOOST_TEST(is(d.post("/playbooks/none/execute", "{}"), problem_code::not_found));
    BOOST_TEST(d.count("SELECT count(*) FROM playbook_executions") == 0);
    BOOST_TEST(d.count("SELECT count(*) FROM playbook_execution_steps") == 0);
}

BOOST_AUTO_TEST_CASE(a_note_comes_into_an_investigation_that_is_not_closed) {
    domain d;
    d.post("/investigations", R"({"id":"c","title":"t","priority":"high"})");
    add_playbook(d, "p", R"({"id":"note","type":"add_note","parameters":{"note":"seen"}})");
    const auto run = [&] {
        const std::string id = d.post("/playbooks/p/execute", R"({"investigation_id":"c"})").text("/id");
        run_own(d);
        return id;
    };
    BOOST_TEST(status_of(d, run()) == "completed");
    BOOST_TEST(d.get("/investigations/c/notes").text("/items/0/content") == "seen");
    BOOST_TEST(d.get("/investigations/c/timeline", {{"type", "note"}}).text("/items/0/content") == "seen");
    for (const char* to : {"in_progress", "false_positive"})
        d.post("/investigations/c/status", R"({"status":")" + std::string(to) + "\"}");
    d.post("/investigations/c/close",
           R"({"verdict":"false_positive","resolution_category":"noise","summary":"Nothing was the matter."})");
    BOOST_TEST(d.get("/investigations/c").text("/status") == "closed");
    const std::string late = run();
    BOOST_TEST(status_of(d, late) == "failed");
    BOOST_TEST(!error_of(d, late, 0).empty());
    BOOST_TEST(d.count("SELECT count(*) FROM investigation_notes") == 1);
}

BOOST_AUTO_TEST_CASE(an_alerts_machine_is_obeyed_and_a_failure_stops_or_goes_on) {
    domain d;
    add_alert(d, "a");
    add_playbook(d, "stop", alert_step("s", R"("status":"resolved","severity":"low")") + "," + note_step);
    const auto stopped = execute(d, "stop", "a");
    run_own(d);
    BOOST_TEST(status_of(d, stopped) == "failed");
    BOOST_TEST(step_states(d, stopped) == "failed skipped");
    BOOST_TEST(error_of(d, stopped, 0).find("pending cannot become resolved") != std::string::npos);
    BOOST_TEST(d.get("/alerts/a").text("/severity") == "high");  // all of it or nothing
    add_playbook(d, "go", alert_step("s", R"("status":"resolved")", R"(,"on_failure":"continue")") + "," + note_step);
    const auto went = execute(d, "go", "a");
    run_own(d);
    BOOST_TEST(status_of(d, went) == "completed");
    BOOST_TEST(step_states(d, went) == "failed succeeded");
    BOOST_TEST(d.get("/playbook-executions/" + went).at("/failed_steps").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(a_step_is_skipped_unless_its_conditions_hold) {
    domain d;
    add_alert(d, "a");
    const std::string never = R"(,"conditions":[{"field":"severity","operator":"equals","value":"low"}])";
    add_playbook(d, "p",
                 alert_step("s", R"("severity":"low")", never) + "," + alert_step("t", R"("severity":"critical")"));
    const auto id = execute(d, "p", "a");
    run_own(d);
    BOOST_TEST(step_states(d, id) == "skipped succeeded");
    add_playbook(d, "q", alert_step("s", R"("severity":"low")", never));
    const auto none = execute(d, "q", "a");
    run_own(d);
    BOOST_TEST(status_of(d, none) == "skipped");
}

BOOST_AUTO_TEST_CASE(a_change_of_the_playbook_leaves_what_has_begun) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("one") + "," + webhook_step("two"));
    const auto id = execute(d, "p");
    auto step = take(d);
    BOOST_REQUIRE(step.has_value());
    BOOST_TEST(is(d.remove("/playbooks/p"), problem_code::conflict));
    d.patch("/playbooks/p", R"({"steps":[)" + note_step + "]}");
    keep(d, *step, step_status::succeeded);
    step = take(d);
    BOOST_REQUIRE(step.has_value());
    BOOST_TEST(step->what.id == "two");
    keep(d, *step, step_status::succeeded);
    BOOST_TEST(status_of(d, id) == "completed");
    BOOST_TEST(d.get("/playbook-executions/" + id).at("/playbook_version").as_int64() == 1);
    BOOST_TEST(!d.remove("/playbooks/p").refused);
    BOOST_TEST(status_of(d, id) == "completed");
}

BOOST_AUTO_TEST_CASE(a_step_that_was_broken_off_is_unknown_and_never_runs_again) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "stop", webhook_step("one") + "," + webhook_step("two"));
    add_playbook(d, "go", webhook_step("one", R"(,"on_failure":"continue")") + "," + webhook_step("two"));
    const auto stopped = execute(d, "stop"), went = execute(d, "go");
    const auto first = take(d), second_one = take(d);
    BOOST_REQUIRE((first && second_one));
    BOOST_TEST(!take(d).has_value());  // each is handed out once
    BOOST_TEST(restart(d) == 2);
    BOOST_TEST(restart(d) == 0);
    BOOST_TEST(status_of(d, stopped) == "failed");
    BOOST_TEST(step_states(d, stopped) == "unknown skipped");
    const auto next = take(d);
    BOOST_REQUIRE(next.has_value());
    BOOST_TEST(next->execution_id == went);
    BOOST_TEST(next->what.id == "two");
    // What the earlier process would have said changes nothing any more.
    keep(d, *first, step_status::succeeded);
    BOOST_TEST(step_states(d, stopped) == "unknown skipped");
}

BOOST_AUTO_TEST_CASE(a_step_that_may_happen_twice_is_tried_again_after_a_crash) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s", R"(,"retries":1,"retry_safe":true)"));
    const auto id = execute(d, "p");
    BOOST_REQUIRE(take(d).has_value());
    restart(d);
    d.now += 5 * second;
    const auto again = take(d);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->attempt == 2);
    restart(d);
    BOOST_TEST(status_of(d, id) == "failed");
    BOOST_TEST(step_states(d, id) == "unknown");
}

BOOST_AUTO_TEST_CASE(failures_are_tried_again_ever_later) {
    BOOST_TEST(carrel::siem::retry_delay(5, 1) == 5 * second);
    BOOST_TEST(carrel::siem::retry_delay(5, 3) == 20 * second);
    BOOST_TEST(carrel::siem::retry_delay(3600, 10) == 3600 * second);
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s", R"(,"retries":2,"retry_delay_s":10,"retry_safe":true)"));
    const auto id = execute(d, "p");
    keep(d, *take(d), step_status::failed, "500");
    BOOST_TEST(status_of(d, id) == "running");
    BOOST_TEST(!take(d).has_value());
    d.now += 10 * second;
    keep(d, take(d).value(), step_status::failed, "500");
    d.now += 19 * second;
    BOOST_TEST(!take(d).has_value());
    d.now += 1 * second;
    keep(d, take(d).value(), step_status::failed, "500");
    BOOST_TEST(status_of(d, id) == "failed");
    BOOST_TEST(d.get("/playbook-executions/" + id + "/steps").at("/items/0/attempts").as_int64() == 3);
    // Without `retries` once, whatever came of it.
    add_playbook(d, "q", webhook_step("s"));
    const auto once = execute(d, "q");
    keep(d, take(d).value(), step_status::unknown, "no answer");
    BOOST_TEST(step_states(d, once) == "unknown");
}

BOOST_AUTO_TEST_CASE(a_receiver_that_wants_a_longer_wait_gets_it) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s", R"(,"retries":2,"retry_delay_s":10,"retry_safe":true)"));
    execute(d, "p");
    carrel::siem::step_outcome outcome{
        .status = step_status::failed, .answer_status = 503, .error = {}, .output = {}, .wait_s = 45};
    const auto keep_it = [&](const carrel::siem::step_to_do& step) {
        d.write([&](carrel::write_session& s) { return carrel::siem::keep_outcome(s, step, outcome, d.now); }).value();
    };
    keep_it(take(d).value());
    d.now += 44 * second;
    BOOST_TEST(!take(d).has_value());
    d.now += 1 * second;
    const auto second_try = take(d);
    BOOST_REQUIRE(second_try.has_value());
    // A shorter one changes nothing.
    outcome.wait_s = 1;
    keep_it(*second_try);
    d.now += 19 * second;
    BOOST_TEST(!take(d).has_value());
    d.now += 1 * second;
    BOOST_TEST(take(d).has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_keeps_no_step_waiting) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s", R"(,"retries":1,"retry_delay_s":10,"retry_safe":true)"));
    const auto id = execute(d, "p");
    keep(d, take(d).value(), step_status::failed, "500");
    d.now -= 30 * 86'400 * second;
    const auto step = take(d);
    BOOST_REQUIRE(step.has_value());
    keep(d, *step, step_status::succeeded);
    BOOST_TEST(status_of(d, id) == "completed");
}

BOOST_AUTO_TEST_CASE(a_cancelled_execution_begins_nothing_more) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("one") + "," + webhook_step("two"));
    const auto id = execute(d, "p");
    const auto step = take(d);
    BOOST_TEST(is(d.remove("/playbook-executions/" + id), problem_code::conflict));
    BOOST_TEST(d.post("/playbook-executions/" + id + "/cancel", "").text("/status") == "cancelled");
    keep(d, *step, step_status::succeeded);
    BOOST_TEST(step_states(d, id) == "succeeded skipped");
    BOOST_TEST(status_of(d, id) == "cancelled");
    BOOST_TEST(!take(d).has_value());
    BOOST_TEST(is(d.post("/playbook-executions/" + id + "/cancel", ""), problem_code::illegal_transition));
    BOOST_TEST(!d.remove("/playbook-executions/" + id).refused);
    BOOST_TEST(d.count("SELECT count(*) FROM playbook_execution_steps") == 0);
}

BOOST_AUTO_TEST_CASE(an_outcome_that_comes_late_is_not_that_of_an_execution_in_the_same_rows) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s"));
    const auto gone = execute(d, "p");
    const auto late = take(d).value();
    d.post("/playbook-executions/" + gone + "/cancel", "");
    BOOST_TEST(!d.remove("/playbook-executions/" + gone).refused);
    const auto id = execute(d, "p");
    const auto step = take(d).value();
    BOOST_TEST((step.step == late.step && step.attempt == late.attempt));  // SQLite gives the rows again
    keep(d, late, step_status::succeeded);
    BOOST_TEST(step_states(d, id) == "running");
    d.write([&](carrel::write_session& s) { return carrel::siem::put_back(s, late, d.now); }).value();
    BOOST_TEST(step_states(d, id) == "running");
    BOOST_TEST(!take(d).has_value());
    keep(d, step, step_status::failed, "500");
    BOOST_TEST(status_of(d, id) == "failed");
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_puts_back_what_has_not_begun) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s"));
    execute(d, "p");
    const auto step = take(d).value();
    d.write([&](carrel::write_session& s) { return carrel::siem::put_back(s, step, d.now); }).value();
    BOOST_TEST(restart(d) == 0);
    const auto again = take(d);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->attempt == 1);
}

BOOST_AUTO_TEST_CASE(the_higher_priority_goes_first) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "low", webhook_step("s"), R"(,"priority":1)");
    add_playbook(d, "high", webhook_step("s"), R"(,"priority":9)");
    execute(d, "low");
    const auto high = execute(d, "high");
    BOOST_TEST(take(d)->execution_id == high);
}

BOOST_AUTO_TEST_CASE(what_an_alert_says_never_becomes_another_kind_of_thing) {
    domain d;
    add_webhook(d, "hook");
    add_alert(d, "bad", R"(,"fingerprint":"192.0.2.1; reboot")");
    add_alert(d, "good", R"(,"fingerprint":"192.0.2.9")");
    add_playbook(d, "p",
                 R"({"id":"s","type":"block_ip","parameters":{"ip":"{{alert.fingerprint}}","action_id":"hook"}})");
    const auto bad = execute(d, "p", "bad");
    BOOST_TEST(!take(d).has_value());
    run_own(d);
    BOOST_TEST(status_of(d, bad) == "failed");
    BOOST_TEST(error_of(d, bad, 0) == "parameters.ip must be an IP address");
    execute(d, "p", "good");
    BOOST_TEST(take(d)->what.parameter("ip") == "192.0.2.9");
    // Braces that come with an alert are text.
    d.patch("/alerts/good", R"({"title":"{{alert.id}}"})");
    add_playbook(
        d, "q",
        R"({"id":"s","type":"call_webhook","parameters":{"action_id":"hook","payload":{"t":"{{alert.title}}"}}})");
    execute(d, "q", "good");
    BOOST_TEST(take(d)->what.parameters.at("payload").at("t").as_string() == "{{alert.id}}");
    // Nor does it grow without a bound.
    d.patch("/alerts/good", R"({"description":")" + std::string(9000, 'x') + "\"}");
    std::string many;
    for (int i = 0; i < 20; ++i) many += "{{alert.description}}";
    add_playbook(
        d, "r",
        R"({"id":"s","type":"call_webhook","parameters":{"action_id":"hook","payload":{"t":")" + many + "\"}}}");
    const auto grown = execute(d, "r", "good");
    BOOST_TEST(!take(d).has_value());
    BOOST_TEST(error_of(d, grown, 0).find("65536 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_action_that_is_gone_fails_the_step) {
    domain d;
    add_webhook(d, "hook");
    add_playbook(d, "p", webhook_step("s"));
    const auto id = execute(d, "p");
    d.patch("/actions/hook", R"({"enabled":false})");
    BOOST_TEST(!take(d).has_value());
    BOOST_TEST(error_of(d, id, 0) == "the action is switched off");
}

BOOST_AUTO_TEST_CASE(statistics_count_executions) {
    domain d;
    add_playbook(d, "p", R"({"id":"s","type":"add_note","parameters":{"note":"n"}})");
    add_alert(d, "a");
    execute(d, "p", "a");
    run_own(d);
    execute(d, "p", "a");
    const auto all = d.get("/playbook-executions/stats");
    BOOST_TEST(all.at("/total").as_int64() == 2);
    BOOST_TEST(all.at("/by_status/completed").as_int64() == 1);
    BOOST_TEST(all.at("/top_playbooks/0/count").as_int64() == 2);
    BOOST_TEST(d.get("/playbooks/p/stats").at("/by_status/pending").as_int64() == 1);
    BOOST_TEST(d.get("/playbooks/p/executions").at("/items").as_array().size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_due_is_found_by_an_index) {
    domain d;
    const auto plan = [&](const std::string& sql) { return carrel::testing::plan_of(d, sql); };
    for (const std::string sql :
         {"SELECT seq FROM playbook_executions WHERE status < 2 AND busy = 0 AND lane = 0 AND "
          "due_at <= 5 ORDER BY priority DESC, "
          "due_at LIMIT 1",
          "SELECT 1 FROM playbook_executions WHERE playbook_id = 'p' AND alert_id = 'a' AND "
          "alert_id IS NOT NULL AND trigger_kind = 1",
          "SELECT seq FROM playbook_execution_steps WHERE execution_id = 'e' AND position = 1",
          "SELECT seq FROM approvals WHERE notice = 1 AND notice IN (1, 2) ORDER BY seq LIMIT 1",
          "SELECT id FROM approvals WHERE execution_id = 'e' AND status IN (0, 4) LIMIT 1",
          "SELECT id FROM iocs WHERE normalized = 'x' LIMIT 20"}) {
        const std::string got = plan(sql);
        BOOST_TEST(got.find("SEARCH") != got.npos, sql << ": " << got);
        BOOST_TEST(got.find("TEMP B-TREE") == got.npos, sql << ": " << got);
    }
}

BOOST_AUTO_TEST_SUITE_END()
