#pragma once

#include "resource/resource.hpp"

// All former versions of a resource's records, whole, in one table for all resources.
namespace carrel::siem {

/// Before a record changes: keeps what it is.
result<void> keep_version(const resource& of, write_session& session, const record& before);
result<void> drop_versions(const resource& of, write_session& session, const record& row);

/// GET /{id}/versions and /{id}/versions/{version}, POST /{id}/versions/{version}/restore.
std::vector<operation> version_operations(const resource& of);

}  // namespace carrel::siem
