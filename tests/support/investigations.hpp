#pragma once

#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace carrel::testing {

inline constexpr const char* closure =
    R"({"verdict":"true_positive","resolution_category":"malware","summary":"It was a worm.","affected_assets":["ws1"],"ml_feedback":4})";

/// A domain with investigations, and what is often done with them.
struct investigation_fixture {
    domain d;

    answer make(const std::string& id, const std::string& more = "") {
        return d.post("/investigations", R"({"id":")" + id + R"(","title":"of )" + id + "\"" + more + "}");
    }
    answer become(const std::string& id, const std::string& status) {
        return d.post("/investigations/" + id + "/status", R"({"status":")" + status + R"(","note":"n"})");
    }
    answer close(const std::string& id, const std::string& body = closure) {
        return d.post("/investigations/" + id + "/close", body);
    }
    void make_closed(const std::string& id) {
        make(id);
        become(id, "in_progress");
        become(id, "resolved");
        BOOST_TEST(!close(id).refused.has_value());
    }
    void add_user(const std::string& name, int active = 1) {
        const auto done = d.write([&](write_session& session) {
            return session.execute(
                "INSERT INTO users(id, version, created_at, updated_at, username, role, active, "
                "must_change_password, totp_enabled) VALUES (?1, 1, 1, 1, ?1, 'admin', ?2, 0, 0)",
                name, active);
        });
        BOOST_TEST_REQUIRE(done.has_value());
    }
};

inline auto by(const std::string& name) {
    return [name](siem::call& request) { request.principal = name; };
}

}  // namespace carrel::testing
