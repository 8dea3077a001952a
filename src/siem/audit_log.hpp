#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// The entries of the audit log. They are read here and appended by `append_audit`; nothing changes them.
const resource& audit();

/// The list row by row, in the order of the entries: NDJSON or CSV.
std::optional<problem> check_audit_export(const operation& what, call& request);
result<void> export_audit(const operation& what, read_session& session, const call& request, reply& into);

/// Marks the operations whose doing is audited.
void mark_audited(std::vector<operation>& all);

}  // namespace carrel::siem
