#pragma once

#include "base/failure.hpp"
#include "resource/resource.hpp"
#include "siem/action_config.hpp"

#include <map>

namespace carrel::siem {

/// What is done when a rule matches: a message to a webhook, Jira, a mail server or Slack.
const resource& actions();
/// Attempts to reach what an action is for: rows of an action.
const resource& action_tests();

/// Kept in the database by place.
enum class attempt_state { waiting, running, succeeded, failed };
inline constexpr std::array<std::string_view, 4> attempt_states = {"waiting", "running", "succeeded", "failed"};

/// An action with its secrets opened: only for the thread that carries it out.
struct opened_action {
    action_type type = action_type::webhook;
    boost::json::object config;
    std::map<std::string, std::string, std::less<>> secrets;
};
/// A failure says why the secrets cannot be opened.
base::outcome<opened_action> open_action(const record& row);

std::vector<operation> action_test_operations();  // POST /actions/{id}/test, GET /actions/{id}/tests

}  // namespace carrel::siem
