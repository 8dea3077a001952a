// Playbooks: what their steps and triggers may be, and what can be done with one that is stored.
#include "siem/outbound_settings.hpp"
#include "support/playbook_bodies.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::testing;
using carrel::siem::problem_code;

BOOST_AUTO_TEST_SUITE(playbooks)

namespace {

std::string faults_of_step(const std::string& step) {
    domain d;
    add_webhook(d, "hook");
    return add_playbook(d, "p", step).faults();
}

std::string faults_of(const std::string& type, const std::string& parameters) {
    return faults_of_step(R"({"id":"s","type":")" + type + R"(","parameters":{)" + parameters + "}}");
}

std::string faults_of_trigger(const std::string& condition) {
    domain d;
    return add_playbook(d, "p", R"({"id":"s","type":"add_note","parameters":{"note":"n"}})",
                        R"(,"triggers":[{"conditions":[)" + condition + "]}]")
        .faults();
}

struct allowed_command {
    allowed_command() {
        carrel::siem::outbound_settings made;
        made.commands.emplace("block", "/bin/true");
        carrel::siem::set_outbound(std::move(made));
    }
    ~allowed_command() { carrel::siem::set_outbound({}); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_playbook_is_created_read_changed_listed_and_deleted) {
    domain d;
    add_webhook(d, "hook");
    const auto made = add_playbook(d, "p", webhook_step("s"), R"(,"priority":7,"tags":["x"],"description":"words")");
    BOOST_REQUIRE(!made.refused);
    BOOST_TEST(made.text("/steps/0/parameters/action_id") == "hook");
    BOOST_TEST(made.at("/enabled").as_bool());
    BOOST_TEST(made.at("/triggers").as_array().empty());
    BOOST_TEST(is(add_playbook(d, "q", webhook_step("s")), problem_code::conflict) == false);
    BOOST_TEST(ids(d.get("/playbooks")) == "p q");
    BOOST_TEST(ids(d.get("/playbooks", {{"tag", "x"}})) == "p");
    BOOST_TEST(ids(d.get("/playbooks", {{"q", "words"}})) == "p");
    BOOST_TEST(d.patch("/playbooks/p", R"({"name":"q"})").faults() == "name");
    BOOST_TEST(d.patch("/playbooks/p", R"({"triggers":null,"priority":1})").at("/version").as_int64() == 2);
    BOOST_TEST(d.get("/playbooks/p/versions/1").at("/priority").as_int64() == 7);
    BOOST_TEST(is(d.patch("/playbooks/p", R"({"priority":2})",
                          [](auto& c) {
                              c.conditions.if_match = {{false, {1}}};
                          }),
                  problem_code::stale_version));
    BOOST_TEST(is(d.remove("/actions/hook"), problem_code::conflict));
    BOOST_TEST(!d.remove("/playbooks/p").refused);
    BOOST_TEST(!d.remove("/playbooks/q").refused);
    BOOST_TEST(!d.remove("/actions/hook").refused);
    BOOST_TEST(d.count("SELECT count(*) FROM playbooks_actions") == 0);
}

BOOST_AUTO_TEST_CASE(a_playbook_is_switched_duplicated_and_counted) {
    domain d;
    add_playbook(d, "p", R"({"id":"s","type":"add_note","parameters":{"note":"n"}})");
    BOOST_TEST(!d.post("/playbooks/p/disable", "").at("/enabled").as_bool());
    BOOST_TEST(is(d.post("/playbooks/p/execute", "{}"), problem_code::conflict));
    BOOST_TEST(d.post("/playbooks/p/enable", "").at("/enabled").as_bool());
    const auto copy = d.post("/playbooks/p/duplicate", "");
    BOOST_TEST(copy.text("/name") == "p (copy)");
    BOOST_TEST(!copy.at("/enabled").as_bool());
    BOOST_TEST(d.post("/playbooks/p/duplicate", "").text("/name") == "p (copy 2)");
    const auto stats = d.get("/playbooks/stats");
    BOOST_TEST(serialize(stats.json()) == R"({"total":3,"enabled":1,"disabled":2})");
    BOOST_TEST(is(d.post("/playbooks/none/duplicate", ""), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(validation_tells_and_stores_nothing) {
    domain d;
    const auto wrong =
        d.post("/playbooks/validate",
               R"({"name":"p","steps":[{"id":"a","type":"call_webhook","parameters":{"action_id":"none"}}]})");
    BOOST_TEST(!wrong.at("/valid").as_bool());
    BOOST_TEST(wrong.text("/errors/0/field") == "steps[0].parameters.action_id");
    const std::string good = R"({"name":"p","steps":[{"id":"a","type":"add_note","parameters":{"note":"n"}}]})";
    BOOST_TEST(d.post("/playbooks/validate", good).at("/valid").as_bool());
    BOOST_TEST(d.get("/playbooks/count").at("/count").as_int64() == 0);
    BOOST_TEST(!d.post("/playbooks", good).refused);
    BOOST_TEST(d.post("/playbooks/validate", good).text("/errors/0/field") == "name");
    BOOST_TEST(d.post("/playbooks/validate", "{}").at("/errors").as_array().size() == 2U);
}

BOOST_AUTO_TEST_CASE(faults_of_steps_are_told_by_their_path) {
    domain d;
    BOOST_TEST(d.post("/playbooks", R"({"name":"p"})").faults() == "steps");
    BOOST_TEST(add_playbook(d, "p", "").faults() == "steps");
    std::string many;
    for (int i = 0; i < 51; ++i)
        many +=
            (i ? "," : "") + (R"({"id":"s)" + std::to_string(i) + R"(","type":"add_note","parameters":{"note":"n"}})");
    BOOST_TEST(add_playbook(d, "p", many).faults() == "steps");
    BOOST_TEST(faults_of_step("7") == "steps[0]");
    BOOST_TEST(faults_of_step(R"({"id":"a b","type":"pager"})") == "steps[0].id steps[0].type");
    BOOST_TEST(faults_of_step(R"({"id":"a","type":"add_note","parameters":{"note":"n"},"then":"b"})") ==
               "steps[0].then");
    const std::string note = R"({"id":"a","type":"add_note","parameters":{"note":"n"})";
    BOOST_TEST(faults_of_step(note + "}," + note + "}") == "steps[1].id");
    for (const char* wrong : {"0", "1801", "\"60\"", "1.5"})
        BOOST_TEST(faults_of_step(note + R"(,"timeout_s":)" + wrong + "}") == "steps[0].timeout_s");
    BOOST_TEST(faults_of_step(note + R"(,"on_failure":"jump"})") == "steps[0].on_failure");
    BOOST_TEST(faults_of_step(note + R"(,"retries":1,"retry_safe":true})") == "steps[0].retries");
    BOOST_TEST(faults_of_step(webhook_step("s", R"(,"retries":1)")) == "steps[0].retries");
    BOOST_TEST(faults_of_step(webhook_step("s", R"(,"retries":1,"retry_safe":true)")) == "");
    BOOST_TEST(faults_of_step(webhook_step("s", R"(,"retries":11,"retry_safe":true)")) == "steps[0].retries");
}

BOOST_AUTO_TEST_CASE(parameters_are_checked_for_their_type) {
    const allowed_command allowed;
    BOOST_TEST(faults_of("call_webhook", R"("action_id":"hook","url":"https://x.example/")") ==
               "steps[0].parameters.url");
    BOOST_TEST(faults_of("call_webhook", "") == "steps[0].parameters.action_id");
    BOOST_TEST(faults_of("call_webhook", R"("action_id":"hook","payload":[1])") == "steps[0].parameters.payload");
    BOOST_TEST(faults_of("create_ticket", R"("action_id":"hook")") == "steps[0].parameters.summary");
    BOOST_TEST(faults_of("add_note", R"("note":"{{alert.nothing}}")") == "steps[0].parameters.note");
    BOOST_TEST(faults_of("add_note", R"("note":"{{alert.title")") == "steps[0].parameters.note");
    BOOST_TEST(faults_of("add_note", R"("note":"{{ alert.title }} and {{alert.tags}}")") == "");
    BOOST_TEST(faults_of("update_alert", "") == "steps[0].parameters");
    BOOST_TEST(faults_of("update_alert", R"("note":"n")") == "steps[0].parameters");
    BOOST_TEST(faults_of("update_alert", R"("status":"open")") == "steps[0].parameters.status");
    BOOST_TEST(faults_of("update_alert", R"("add_tags":["a",7])") == "steps[0].parameters.add_tags[1]");
    BOOST_TEST(faults_of("block_ip", R"("ip":"192.0.2.1")") == "steps[0].parameters.action_id");
    BOOST_TEST(faults_of("block_ip", R"("ip":"192.0.2.1","action_id":"hook","command":"block")") ==
               "steps[0].parameters.action_id");
    BOOST_TEST(faults_of("block_ip", R"("ip":"192.0.2.1","command":"block")") == "");
    BOOST_TEST(faults_of("block_ip", R"("ip":"192.0.2.1","command":"other")") == "steps[0].parameters.command");
    BOOST_TEST(faults_of("block_ip", R"("ip":"192.0.2.1","command":"{{alert.title}}")") ==
               "steps[0].parameters.command");
    BOOST_TEST(faults_of("block_ip", R"("ip":"host.example","command":"block")") == "steps[0].parameters.ip");
    BOOST_TEST(faults_of("block_ip", R"("ip":"{{alert.fingerprint}}","command":"block")") == "");
    BOOST_TEST(faults_of("isolate_host", R"("host":"-rf","command":"block")") == "steps[0].parameters.host");
    BOOST_TEST(faults_of("run_script", R"("action_id":"hook","arguments":["a"])") == "steps[0].parameters.arguments");
    BOOST_TEST(faults_of("run_script", R"("command":"block","arguments":["a"])") == "");
    const std::string long_note(5001, 'n'), longer(11'000, 'n');
    BOOST_TEST(faults_of("add_note", R"("note":")" + long_note + "\"") == "steps[0].parameters.note");
    BOOST_TEST(faults_of("call_webhook", R"("action_id":"hook","payload":{"p":")" + longer + "\"}") ==
               "steps[0].parameters");
}

BOOST_AUTO_TEST_CASE(what_is_nested_too_deeply_is_refused_wherever_json_is_kept) {
    const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    domain d;
    add_webhook(d, "hook");
    const auto with = [&](int depth) {
        return add_playbook(d, "p" + std::to_string(depth),
                            R"({"id":"s","type":"call_webhook","parameters":)"
                            R"({"action_id":"hook","payload":{"p":)" +
                                nested(depth) + "}}}");
    };
    BOOST_TEST(with(27).faults() == "steps");
    BOOST_TEST(with(26).faults() == "");
    execute(d, "p26");
    BOOST_TEST(take(d).has_value());
    const std::string deep = nested(40);
    BOOST_TEST(
        d.post("/actions", R"({"type":"webhook","config":{"url":"https://x.example/","headers":{"a":)" + deep + "}}}")
            .faults() == "config");
    BOOST_TEST(d.post("/correlation-rules", R"({"name":"n","severity":"low","window_s":1,"sequence":)" + deep + "}")
                   .faults() == "sequence");
    BOOST_TEST(
        d.post("/hunts", R"({"from":"2023-11-14T22:13:20Z","to":"2023-11-14T22:13:20Z","filter":{"a":)" + deep + "}}")
            .faults() == "filter");
}

BOOST_AUTO_TEST_CASE(actions_must_exist_and_be_able_to_do_it) {
    domain d;
    add_webhook(d, "hook");
    d.post("/actions", R"({"id":"jira","type":"jira","config":{"base_url":"https://jira.example","project":"P"}})");
    const auto with = [&](const std::string& type, const std::string& action, const std::string& more) {
        return add_playbook(
                   d, "p",
                   R"({"id":"s","type":")" + type + R"(","parameters":{"action_id":")" + action + "\"" + more + "}}")
            .faults();
    };
    BOOST_TEST(with("call_webhook", "none", "") == "steps[0].parameters.action_id");
    BOOST_TEST(with("call_webhook", "jira", "") == "steps[0].parameters.action_id");
    BOOST_TEST(with("send_notification", "jira", R"(,"message":"m")") == "steps[0].parameters.action_id");
    BOOST_TEST(with("create_ticket", "jira", R"(,"summary":"s")") == "");
    BOOST_TEST(
        d.patch("/playbooks/p", R"({"steps":[)" + webhook_step("s") + "," + webhook_step("s2") + "]}").faults() == "");
    BOOST_TEST(
        d.patch("/playbooks/p", R"({"steps":[{"id":"s","type":"call_webhook","parameters":{"action_id":"gone"}}]})")
            .faults() == "steps[0].parameters.action_id");
}

BOOST_AUTO_TEST_CASE(approval_rules_are_checked) {
    const auto faults = [](const std::string& approval, const std::string& required = "true") {
        return faults_of_step(
            webhook_step("s", R"(,"requires_approval":)" + required + R"(,"approval":{)" + approval + "}"));
    };
    BOOST_TEST(faults("") == "");
    BOOST_TEST(faults("", "false") == "steps[0].approval");
    BOOST_TEST(faults(R"("mode":"all")") == "steps[0].approval.mode");
    BOOST_TEST(faults(R"("mode":"all","approvers":["ann"])") == "");
    BOOST_TEST(faults(R"("mode":"most")") == "steps[0].approval.mode");
    BOOST_TEST(faults(R"("min_approvers":0)") == "steps[0].approval.min_approvers");
    BOOST_TEST(faults(R"("expires_after_s":60,"escalate_after_s":60)") == "steps[0].approval.escalate_after_s");
    BOOST_TEST(faults(R"("who":"ann")") == "steps[0].approval.who");
    BOOST_TEST(faults(R"("notify_action_id":"none")") == "steps[0].approval.notify_action_id");
}

BOOST_AUTO_TEST_CASE(who_is_to_approve_is_an_active_user_and_roles_exist) {
    domain d;
    add_webhook(d, "hook");
    const auto faults = [&](const std::string& approval, std::string_view path = "/playbooks") {
        return d.post(std::string(path),
                      R"({"name":"n","steps":[)" + webhook_step("t") + "," +
                          webhook_step("s", R"(,"requires_approval":true,"approval":{)" + approval + "}") + "]}");
    };
    // While there are no users, nobody can be one of them.
    BOOST_TEST(!faults(R"("approvers":["ann"])").refused);
    BOOST_TEST(!d.remove("/playbooks/" + d.get("/playbooks").text("/items/0/id")).refused);
    d.write([](carrel::write_session& s) {
         return s.execute(
             "INSERT INTO users(id, version, created_at, updated_at, username, role, active, must_change_password, "
             "totp_enabled) VALUES ('a', 1, 0, 0, 'ann', 'admin', 1, 0, 0), ('o', 1, 0, 0, 'off', 'admin', 0, 0, 0)");
     }).value();
    const auto wrong = faults(R"("approvers":["ann","eve","off"],"escalate_to":["joe"],"roles":["engineer","none"])");
    BOOST_TEST(is(wrong, carrel::siem::problem_code::invalid));
    BOOST_TEST(wrong.faults() ==
               "steps[1].approval.approvers[1] steps[1].approval.approvers[2] "
               "steps[1].approval.escalate_to[0] steps[1].approval.roles[1]");
    BOOST_TEST(wrong.refused->faults.front().detail == "is the name of no active user");
    BOOST_TEST(wrong.refused->faults.back().detail == "does not exist");
    const auto checked = faults(R"("approvers":["eve"])", "/playbooks/validate");
    BOOST_TEST(checked.text("/errors/0/field") == "steps[1].approval.approvers[0]");
    BOOST_TEST(!faults(R"("approvers":["ANN"],"escalate_to":["ann"],"roles":["engineer"])").refused);
}

BOOST_AUTO_TEST_CASE(conditions_of_triggers_are_checked) {
    const auto one = [](const char* field, const char* op, const char* value) {
        return faults_of_trigger(std::string(R"({"field":")") + field + R"(","operator":")" + op + R"(","value":)" +
                                 value + "}");
    };
    BOOST_TEST(one("severity", "greater_or_equal", R"("high")") == "");
    BOOST_TEST(one("severity", "equals", R"("worst")") == "triggers[0].conditions[0].value");
    BOOST_TEST(one("severity", "contains", R"("high")") == "triggers[0].conditions[0].operator");
    BOOST_TEST(one("title", "less_than", R"("a")") == "triggers[0].conditions[0].operator");
    BOOST_TEST(one("tags", "contains", R"("vip")") == "");
    BOOST_TEST(one("tags", "equals", R"("vip")") == "triggers[0].conditions[0].operator");
    BOOST_TEST(one("risk_score", "greater_than", R"("9")") == "triggers[0].conditions[0].value");
    BOOST_TEST(one("rule_id", "in", R"(["a","b"])") == "");
    BOOST_TEST(one("rule_id", "in", R"("a")") == "triggers[0].conditions[0].value");
    BOOST_TEST(one("rule_id", "exists", R"("a")") == "triggers[0].conditions[0].value");
    BOOST_TEST(one("id", "equals", R"("a")") == "triggers[0].conditions[0].field");
    BOOST_TEST(faults_of_trigger("") == "triggers[0].conditions");
    BOOST_TEST(faults_of_trigger(R"({"field":"title","operator":"equals"})") == "triggers[0].conditions[0].value");
    domain d;
    std::string many;
    for (int i = 0; i < 11; ++i)
        many += (i ? ",{" : "{") + std::string(R"("conditions":[{"field":"tags","operator":"exists"}]})");
    BOOST_TEST(add_playbook(d, "p", webhook_step("s"), R"(,"triggers":[)" + many + "]").faults() == "triggers");
}

BOOST_AUTO_TEST_SUITE_END()
