#pragma once

#include "siem/actions.hpp"

#include "outbound/policy.hpp"

#include <stop_token>

namespace carrel::siem {

/// What came of an attempt to reach what an action is for. Shows no secret.
struct attempt {
    bool has_succeeded = false;
    std::int64_t status = 0;  // of HTTP or SMTP; 0 if there was none
    std::string detail;
};

/// Sends a message that says it is a test (webhook, Slack), reads the project (Jira), or talks to the mail server up to the
/// message itself. Blocks up to the policy's deadline.
attempt try_action(const opened_action& what, const outbound::policy& rules, const std::stop_token& stop);

}  // namespace carrel::siem
