#pragma once

#include "siem/playbooks/execution_engine.hpp"
#include "support/domain.hpp"

#include <memory>

namespace carrel::testing {

/// A playbook of these steps, switched on; what it answers.
inline answer add_playbook(domain& d, const std::string& id, const std::string& steps, const std::string& more = "") {
    return d.post("/playbooks", R"({"id":")" + id + R"(","name":")" + id + R"(","steps":[)" + steps + "]" + more + "}");
}

inline answer add_alert(domain& d, const std::string& id, const std::string& more = "") {
    return d.post("/alerts", R"({"id":")" + id + R"(","title":"Odd log-in","severity":"high")" + more + "}");
}

inline answer add_webhook(domain& d, const std::string& id, const std::string& url = "https://hook.example/") {
    return d.post("/actions", R"({"id":")" + id + R"(","type":"webhook","config":{"url":")" + url + R"("}})");
}

inline std::string webhook_step(const std::string& id, const std::string& more = "") {
    return R"({"id":")" + id + R"(","type":"call_webhook","parameters":{"action_id":"hook"})" + more + "}";
}

inline std::string alert_step(const std::string& id, const std::string& parameters, const std::string& more = "") {
    return R"({"id":")" + id + R"(","type":"update_alert","parameters":{)" + parameters + "}" + more + "}";
}

/// Starts one; its id.
inline std::string execute(domain& d, const std::string& playbook, const std::string& alert = "",
                           const domain::tweak& change = {}) {
    const std::string body = alert.empty() ? "{}" : R"({"alert_id":")" + alert + "\"}";
    return d.post("/playbooks/" + playbook + "/execute", body, change).text("/id");
}

/// All that the server does by itself; how many times there was something.
inline int run_own(domain& d) {
    for (int worked = 0;; ++worked) {
        const auto taken =
            d.write([&](write_session& session) { return siem::take_step(session, siem::work_lane::own, d.now); });
        if (!taken.value().has_worked) return worked;
    }
}

/// The step that somebody else is to do, if one is due.
inline std::optional<siem::step_to_do> take(domain& d) {
    run_own(d);
    auto taken =
        d.write([&](write_session& session) { return siem::take_step(session, siem::work_lane::others, d.now); });
    return std::move(taken.value().to_do);
}

inline void keep(domain& d, const siem::step_to_do& step, siem::step_status status, const std::string& error = "") {
    siem::step_outcome outcome;
    outcome.status = status;
    outcome.error = error;
    d.write([&](write_session& session) { return siem::keep_outcome(session, step, outcome, d.now); }).value();
    run_own(d);
}

inline std::string status_of(domain& d, const std::string& execution) {
    return d.get("/playbook-executions/" + execution).text("/status");
}

/// `succeeded failed pending`, in the order of the steps.
inline std::string step_states(domain& d, const std::string& execution) {
    std::string all;
    const auto list = d.get("/playbook-executions/" + execution + "/steps").json();
    for (const auto& each : list.at("items").as_array())
        all.append(all.empty() ? "" : " ").append(each.at("status").as_string().c_str());
    return all;
}

/// Makes a request that of a user who may do that.
inline domain::tweak as(const std::string& user, access::permission_set may = access::permission_set::all()) {
    return [=](siem::call& request) {
        auto who = std::make_shared<access::identity>();
        who->username = user;
        who->may = may;
        request.principal = user;
        request.who = who;
    };
}

}  // namespace carrel::testing
