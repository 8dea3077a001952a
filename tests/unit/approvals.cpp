// Approvals: who decides, when it is decided, and what the execution makes of it.
#include "siem/playbooks/approval.hpp"
#include "support/playbook_bodies.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::testing;
using carrel::access::permission;
using carrel::access::permission_set;
using carrel::siem::approval_mode;
using carrel::siem::approval_status;
using carrel::siem::problem_code;
using carrel::siem::step_status;

BOOST_AUTO_TEST_SUITE(approvals)

namespace {

constexpr std::int64_t second = 1'000'000;

void add_user(domain& d, const std::string& name, const std::string& role, bool is_active = true) {
    d.write([&](carrel::write_session& s) {
         return s.execute(
             "INSERT INTO users(id, version, created_at, updated_at, username, role, active, must_change_password, "
             "totp_enabled) VALUES (?1, 1, 0, 0, ?1, ?2, ?3, 0, 0)",
             name, role, std::int64_t{is_active});
     }).value();
}

// A playbook of one step that asks, executed by ann; the request's path.
std::string ask(domain& d, const std::string& rule, const std::string& by = "ann", const std::string& more = "") {
    if (d.count("SELECT count(*) FROM actions") == 0) add_webhook(d, "hook");
    const std::string id = "p" + std::to_string(d.count("SELECT count(*) FROM playbooks"));
    const auto made = add_playbook(
        d, id,
        webhook_step("s", R"(,"requires_approval":true,"approval":{)" + rule + "}" + more) + "," + webhook_step("t"));
    BOOST_REQUIRE_MESSAGE(!made.refused, made.faults());
    const auto execution = execute(d, id, "", by.empty() ? domain::tweak() : as(by));
    run_own(d);
    const auto list = d.get("/approvals", {{"execution_id", execution}});
    if (list.at("/items").as_array().empty()) return "/playbook-executions/" + execution;
    return "/approvals/" + list.text("/items/0/id");
}

answer act(domain& d, const std::string& request, const std::string& user, const std::string& action,
           const std::string& more = "") {
    return d.patch(request, R"({"action":")" + action + "\"" + more + "}", as(user));
}

std::string execution_of(domain& d, const std::string& request) { return d.get(request).text("/execution_id"); }

std::int64_t time_passes(domain& d) {
    return d.write([&](carrel::write_session& s) { return carrel::siem::end_due_approvals(s, d.now); }).value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(how_many_are_needed_goes_by_the_mode) {
    using carrel::siem::approvals_needed;
    BOOST_TEST(approvals_needed(approval_mode::any, 4, 1) == 1);
    BOOST_TEST(approvals_needed(approval_mode::any, 4, 2) == 2);
    BOOST_TEST(approvals_needed(approval_mode::all, 4, 1) == 4);
    BOOST_TEST(approvals_needed(approval_mode::majority, 4, 1) == 3);  // two of four are none
    BOOST_TEST(approvals_needed(approval_mode::majority, 5, 1) == 3);
    BOOST_TEST(approvals_needed(approval_mode::majority, 5, 4) == 4);
    using carrel::siem::verdict;
    BOOST_TEST((verdict(approval_mode::any, 4, 1, 1, 0) == approval_status::approved));
    BOOST_TEST((verdict(approval_mode::any, 4, 2, 1, 0) == approval_status::pending));
    BOOST_TEST((verdict(approval_mode::all, 4, 4, 3, 1) == approval_status::rejected));
    BOOST_TEST((verdict(approval_mode::majority, 5, 3, 2, 2) == approval_status::pending));
    BOOST_TEST((verdict(approval_mode::majority, 5, 3, 2, 3) == approval_status::rejected));
    BOOST_TEST((verdict(approval_mode::majority, 5, 3, 3, 2) == approval_status::approved));
}

BOOST_AUTO_TEST_CASE(a_step_waits_and_goes_on_with_the_decision) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob","eve"])");
    const auto execution = execution_of(d, request);
    BOOST_TEST(status_of(d, execution) == "waiting");
    BOOST_TEST(step_states(d, execution) == "waiting pending");
    BOOST_TEST(!take(d).has_value());
    const auto done = act(d, request, "bob", "approve", R"(,"comment":"go","expected_version":1)");
    BOOST_TEST(done.text("/status") == "approved");
    BOOST_TEST(done.at("/version").as_int64() == 2);
    const auto step = take(d);
    BOOST_REQUIRE(step.has_value());
    BOOST_TEST(step->what.id == "s");
    keep(d, *step, step_status::succeeded);
    keep(d, take(d).value(), step_status::succeeded);
    BOOST_TEST(status_of(d, execution) == "completed");
    const auto actions = d.get(request + "/actions");
    BOOST_TEST(actions.text("/items/0/user") == "bob");
    BOOST_TEST(actions.text("/items/0/comment") == "go");
}

BOOST_AUTO_TEST_CASE(two_who_approve_at_once_are_one_approval) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob","eve"])");
    BOOST_TEST(!act(d, request, "bob", "approve", R"(,"expected_version":1)").refused);
    const auto second_one = act(d, request, "eve", "approve", R"(,"expected_version":1)");
    BOOST_TEST(is(second_one, problem_code::conflict));
    BOOST_TEST(second_one.refused->detail.find("version is 2") != std::string::npos);
    BOOST_TEST(is(act(d, request, "eve", "reject"), problem_code::conflict));
    BOOST_TEST(is(d.patch(request, R"({"action":"approve"})",
                          [](auto& c) {
                              c.conditions.if_match = {{false, {1}}};
                          }),
                  problem_code::stale_version));
    BOOST_TEST(take(d).has_value());
    BOOST_TEST(!take(d).has_value());
    BOOST_TEST(d.count("SELECT count(*) FROM approval_actions") == 1);
}

BOOST_AUTO_TEST_CASE(only_approvers_decide_and_nobody_on_an_own_request) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob","ann"])");
    BOOST_TEST(is(act(d, request, "eve", "approve"), problem_code::forbidden));
    BOOST_TEST(is(act(d, request, "ann", "approve"), problem_code::forbidden));
    BOOST_TEST(is(act(d, request, "ann", "reject"), problem_code::forbidden));
    BOOST_TEST(!act(d, request, "ann", "comment", R"(,"comment":"please")").refused);
    BOOST_TEST(act(d, request, "ann", "comment").faults() == "comment");
    BOOST_TEST(act(d, request, "bob", "approve").text("/status") == "approved");
    const auto own = ask(d, R"("approvers":["ann"],"allow_self_approval":true)");
    BOOST_TEST(act(d, own, "ann", "approve").text("/status") == "approved");
    // Nobody named: who may write rules.
    const auto open = ask(d, "");
    const auto analyst = as("bob", permission_set::of({permission::write_alerts}));
    BOOST_TEST(is(d.patch(open, R"({"action":"approve"})", analyst), problem_code::forbidden));
    BOOST_TEST(act(d, open, "bob", "approve").text("/status") == "approved");
    // In an open house nobody is known.
    const auto house = ask(d, "", "");
    BOOST_TEST(d.patch(house, R"({"action":"approve"})").text("/status") == "approved");
}

BOOST_AUTO_TEST_CASE(a_request_that_nobody_can_approve_fails_at_once) {
    domain d;
    const auto execution = ask(d, R"("approvers":["ann"])");
    BOOST_TEST(execution.starts_with("/playbook-executions/"));
    BOOST_TEST(d.get(execution).text("/status") == "failed");
    BOOST_TEST(d.get(execution).text("/error") == "step s: needs 1 approvals, and 0 may give one");
    BOOST_TEST(d.get(ask(d, R"("approvers":["bob"],"min_approvers":2)")).text("/status") == "failed");
}

BOOST_AUTO_TEST_CASE(all_and_majority_wait_for_the_others) {
    domain d;
    const auto all = ask(d, R"("mode":"all","approvers":["bob","eve","ann"])");
    BOOST_TEST(d.get(all).at("/approvals_needed").as_int64() == 2);  // not of who asks
    BOOST_TEST(act(d, all, "bob", "approve").text("/status") == "pending");
    BOOST_TEST(is(act(d, all, "bob", "approve"), problem_code::conflict));
    BOOST_TEST(is(act(d, all, "bob", "reject"), problem_code::conflict));
    BOOST_TEST(act(d, all, "eve", "approve").text("/status") == "approved");
    const auto majority = ask(d, R"("mode":"majority","approvers":["bob","eve","joe"])");
    BOOST_TEST(act(d, majority, "bob", "reject").text("/status") == "pending");
    BOOST_TEST(act(d, majority, "eve", "approve").text("/status") == "pending");
    BOOST_TEST(act(d, majority, "joe", "reject").text("/status") == "rejected");
    const auto execution = execution_of(d, majority);
    BOOST_TEST(status_of(d, execution) == "failed");
    BOOST_TEST(d.get("/playbook-executions/" + execution).text("/error") == "step s: the approval was rejected by joe");
}

BOOST_AUTO_TEST_CASE(a_refusal_goes_by_the_steps_rule) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob"])", "ann", R"(,"on_failure":"continue")");
    act(d, request, "bob", "reject");
    const auto next = take(d);
    BOOST_REQUIRE(next.has_value());
    BOOST_TEST(next->what.id == "t");
    BOOST_TEST(step_states(d, execution_of(d, request)) == "failed running");
}

BOOST_AUTO_TEST_CASE(a_request_expires_also_when_it_was_escalated) {
    domain d;
    const auto request =
        ask(d, R"("approvers":["bob"],"expires_after_s":100,"escalate_after_s":10,"escalate_to":["eve"])");
    BOOST_TEST(time_passes(d) == 0);
    d.now += 10 * second;
    BOOST_TEST(time_passes(d) == 1);
    BOOST_TEST(d.get(request).text("/status") == "escalated");
    BOOST_TEST(d.get(request).at("/escalation_level").as_int64() == 1);
    BOOST_TEST(ids(d.get("/approvals", {{"approver", "eve"}})) == d.get(request).text("/id"));
    BOOST_TEST(time_passes(d) == 0);
    d.now += 90 * second;
    // Before the job comes by: it is too late already.
    BOOST_TEST(is(act(d, request, "bob", "approve"), problem_code::conflict));
    BOOST_TEST(d.post("/approvals/expire", "").at("/expired").as_int64() == 1);
    BOOST_TEST(d.get(request).text("/status") == "expired");
    BOOST_TEST(status_of(d, execution_of(d, request)) == "failed");
    BOOST_TEST(time_passes(d) == 0);
    // A clock that is set back changes nothing of that.
    d.now -= 1000 * second;
    BOOST_TEST(is(act(d, request, "bob", "approve"), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(whom_it_was_escalated_to_may_decide) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob"],"escalate_to":["eve"])");
    BOOST_TEST(is(act(d, request, "eve", "approve"), problem_code::forbidden));
    BOOST_TEST(act(d, request, "bob", "escalate", R"(,"comment":"not mine")").text("/status") == "escalated");
    BOOST_TEST(act(d, request, "eve", "approve").text("/status") == "approved");
    const auto often = ask(d, R"("approvers":["bob"])");
    for (int i = 0; i < 10; ++i) BOOST_TEST(!act(d, often, "bob", "escalate").refused);
    BOOST_TEST(is(act(d, often, "bob", "escalate"), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(a_request_is_taken_back_and_an_execution_takes_its_request_along) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob"])");
    const auto analyst = as("eve", permission_set::of({permission::write_alerts}));
    BOOST_TEST(is(d.remove(request, analyst), problem_code::forbidden));
    BOOST_TEST(!d.remove(request, as("ann", permission_set::of({permission::write_alerts}))).refused);
    BOOST_TEST(d.get(request).text("/status") == "cancelled");
    BOOST_TEST(status_of(d, execution_of(d, request)) == "failed");
    BOOST_TEST(is(d.remove(request, as("ann")), problem_code::conflict));
    const auto other = ask(d, R"("approvers":["bob"])");
    d.post("/playbook-executions/" + execution_of(d, other) + "/cancel", "");
    BOOST_TEST(d.get(other).text("/status") == "cancelled");
    BOOST_TEST(is(act(d, other, "bob", "approve"), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(an_execution_is_approved_and_rejected_by_its_own_path) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob"])");
    const std::string path = "/playbook-executions/" + execution_of(d, request);
    BOOST_TEST(is(d.post(path + "/approve", "{}", as("ann")), problem_code::forbidden));
    BOOST_TEST(d.post(path + "/approve", R"({"comment":"c"})", as("bob")).text("/status") == "approved");
    BOOST_TEST(is(d.post(path + "/reject", "{}", as("bob")), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(those_pending_are_those_that_one_may_decide_on) {
    domain d;
    const auto bobs = ask(d, R"("approvers":["bob"])"), eves = ask(d, R"("approvers":["eve"])"), open = ask(d, "");
    const auto pending = [&](const std::string& user) {
        return d.send(carrel::siem::method::get, "/approvals/pending", {}, {}, as(user)).at("/items").as_array().size();
    };
    BOOST_TEST(pending("bob") == 2U);
    act(d, open, "joe", "approve");
    BOOST_TEST(pending("bob") == 1U);
    BOOST_TEST(pending("joe") == 0U);
    BOOST_TEST(d.get("/approvals/pending").at("/items").as_array().size() == 2U);
    d.now += 60 * second;
    act(d, bobs, "bob", "reject");
    const auto stats = d.get("/approvals/stats");
    BOOST_TEST(stats.at("/total").as_int64() == 3);
    BOOST_TEST(stats.at("/by_status/pending").as_int64() == 1);
    BOOST_TEST(stats.at("/average_decision_s").to_number<double>() == 30.0);
    BOOST_TEST(is(d.get("/approvals/none"), problem_code::not_found));
    BOOST_TEST(d.patch(eves, R"({"action":"agree"})").faults() == "action");
}

BOOST_AUTO_TEST_CASE(who_has_a_role_is_asked) {
    domain d;
    add_user(d, "bob", "engineer");
    add_user(d, "eve", "engineer");
    add_user(d, "joe", "viewer");
    const auto request = ask(d, R"("mode":"all","roles":["engineer"],"approvers":["BOB"])");
    BOOST_TEST(serialize(d.get(request).at("/approvers")) == R"(["bob","eve"])");
    BOOST_TEST(act(d, request, "eve", "approve").text("/status") == "pending");
    BOOST_TEST(act(d, request, "bob", "approve").text("/status") == "approved");
}

BOOST_AUTO_TEST_CASE(who_was_removed_or_switched_off_is_neither_asked_nor_waited_for) {
    domain d;
    for (const char* name : {"ann", "bob", "eve", "joe"}) add_user(d, name, "engineer");
    const auto both = ask(d, R"("mode":"all","approvers":["bob","EVE"])");
    BOOST_TEST(d.get(both).at("/approvals_needed").as_int64() == 2);
    d.write([](carrel::write_session& s) { return s.execute("DELETE FROM users WHERE username = 'bob'"); }).value();
    const auto again = execute(d, "p0", "", as("ann"));
    run_own(d);
    const auto left = d.get("/approvals", {{"execution_id", again}});
    BOOST_TEST(serialize(left.at("/items/0/approvers")) == R"(["eve"])");
    BOOST_TEST(left.at("/items/0/approvals_needed").as_int64() == 1);
    d.write([](carrel::write_session& s) { return s.execute("UPDATE users SET active = 0 WHERE id = 'eve'"); }).value();
    const auto last = execute(d, "p0", "", as("ann"));
    run_own(d);
    BOOST_TEST(status_of(d, last) == "failed");
    BOOST_TEST(d.get("/playbook-executions/" + last).text("/error") == "step s: needs 1 approvals, and 0 may give one");
    // The playbook itself is changed as before, until its steps are.
    BOOST_TEST(d.patch("/playbooks/p0", R"({"description":"d"})").faults() == "");
}

BOOST_AUTO_TEST_CASE(a_notice_is_sent_once_and_again_when_it_is_escalated) {
    domain d;
    const auto request = ask(d, R"("approvers":["bob"],"notify_action_id":"hook")");
    BOOST_TEST(d.get(request).text("/notice") == "waiting");
    const auto notice = d.write(carrel::siem::take_notice).value();
    BOOST_REQUIRE(notice.has_value());
    BOOST_TEST(notice->error == "");
    BOOST_TEST(!d.write(carrel::siem::take_notice).value().has_value());
    d.write(carrel::siem::end_broken_off_notices).value();
    BOOST_TEST(d.get(request).text("/notice") == "unknown");
    act(d, request, "bob", "escalate");
    const auto again = d.write(carrel::siem::take_notice).value();
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->escalation_level == 1);
    d.write([&](carrel::write_session& s) { return carrel::siem::keep_notice(s, again->id, true, ""); }).value();
    BOOST_TEST(d.get(request).text("/notice") == "sent");
}

BOOST_AUTO_TEST_SUITE_END()
