#pragma once

#include "resource/operation.hpp"

namespace carrel::siem {

/// Whether a change is refused when what its path names has another version than `If-Match` says, although its reply is not about
/// that version: `execute_playbook` replies with the execution and matches the playbook.
bool checks_version(const operation& what) noexcept;

}  // namespace carrel::siem
