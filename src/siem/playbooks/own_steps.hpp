#pragma once

#include "siem/playbooks/execution_engine.hpp"

// What the server does by itself, in the transaction that also keeps the outcome: so it is done once, whatever happens.
namespace carrel::siem {

struct step_subject {
    std::string playbook_id, alert_id, investigation_id;
    std::int64_t depth = 0;  // of the execution
    timestamp now = 0;
};

/// The parameters of `step` are filled in. What is refused undoes what it did, and is an outcome like others.
result<step_outcome> do_own_step(write_session& session, const step_definition& step, const step_subject& about);

}  // namespace carrel::siem
