#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// What is wrong with the actions, users and roles that a playbook's steps name, as the session sees them.
result<std::vector<fault>> faults_of_references(read_session& session, const record& playbook);

}  // namespace carrel::siem
