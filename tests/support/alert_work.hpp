#pragma once

#include "support/domain.hpp"

#include <string>

namespace carrel::testing {

/// A domain with alerts, and what is often done with them.
struct alert_fixture {
    domain d;

    answer add(const std::string& id, const std::string& more = "") {
        return d.post("/alerts", R"({"id":")" + id + R"(","title":"of )" + id + R"(","severity":"high")" + more + "}");
    }
    answer become(const std::string& id, const std::string& status) {
        return d.post("/alerts/" + id + "/status", R"({"status":")" + status + "\"}");
    }
    answer relate(const std::string& one, const std::string& other, const std::string& more = "") {
        return d.post("/alerts/" + one + "/related", R"({"linked_alert_id":")" + other + "\"" + more + "}");
    }
    // The other alerts of one, with the direction, in order.
    std::string related(const std::string& id) {
        std::string all;
        const auto items = d.get("/alerts/" + id + "/related", {{"sort", "created_at"}}).at("/items");
        for (const auto& each : items.as_array())
            all.append(all.empty() ? "" : " ")
                .append(each.at("linked_alert_id").as_string().c_str())
                .append(":")
                .append(each.at("direction").as_string().c_str());
        return all;
    }
    answer change(const std::string& body) { return d.post("/alerts/changes", body); }
    // The ids that a change failed for.
    static std::string failed(const answer& got) {
        std::string all;
        const auto items = got.at("/items");
        for (const auto& each : items.as_array())
            if (!each.at("ok").as_bool()) all.append(all.empty() ? "" : " ").append(each.at("id").as_string().c_str());
        return all;
    }
};

}  // namespace carrel::testing
