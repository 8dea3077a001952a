#pragma once

#include "siem/actions.hpp"

#include "outbound/policy.hpp"

#include <chrono>
#include <stop_token>

namespace carrel::siem {

/// What came of an attempt to reach what an action is for. Shows no secret.
struct attempt {
    bool has_succeeded = false;
    std::int64_t status = 0;  // of HTTP or SMTP; 0 if there was none
    std::string detail;
    std::string reference = {};    // what the receiver calls it: the key of a ticket
    std::chrono::seconds wait{0};  // that it wants before the next attempt, if it has no time now
};

/// What an action is to say.
struct action_message {
    std::string subject, text;
    std::string payload;          // what a webhook gets, as JSON
    std::string idempotency_key;  // the same for each attempt, so that a receiver can tell; empty: none
};

/// Sends a message that says it is a test (webhook, Slack), reads the project (Jira), or talks to the mail server up to the
/// message itself. Blocks up to the policy's deadline.
attempt try_action(const opened_action& what, const outbound::policy& rules, const std::stop_token& stop);

/// Sends the message by the action: an issue in Jira, a mail, a message to Slack, a request of a webhook. Blocks as `try_action` does.
attempt send_action(const opened_action& what, const action_message& message, const outbound::policy& rules,
                    const std::stop_token& stop);

}  // namespace carrel::siem
