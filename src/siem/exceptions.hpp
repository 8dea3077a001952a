#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// What rules are not to alert on, or with another severity: of one rule, or of all.
const resource& exceptions();

/// The exceptions of a rule that is deleted go with it. A hook of rules.
result<void> drop_exceptions(const resource& of, write_session& session, const record& rule, reply& into);

}  // namespace carrel::siem
