#pragma once

#include "outbound/policy.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/playbooks/execution_engine.hpp"

#include <stop_token>

namespace carrel::siem {

/// What came of asking somebody else. Without `has_begun` nothing can have had an effect.
struct step_effect {
    step_outcome outcome;
    bool has_begun = false;
};

/// Sends what a step says by its action, or runs its command; waits up to the step's time. For a thread that may wait.
step_effect have_effect(const step_to_do& step, const outbound::policy& rules, const std::stop_token& stop);

/// Tells of a request for approval; a text says why that failed.
std::string tell(const approval_notice& notice, const outbound::policy& rules, const std::stop_token& stop);

}  // namespace carrel::siem
