#pragma once

#include "resource/resource.hpp"

// The changes of the fields that `resource_spec::history` names, in one table for all resources.
namespace carrel::siem {

result<void> keep_history(const resource& of, write_session& session, const call& request, const record& before,
                          const record& after, std::string_view note);
result<void> drop_history(const resource& of, write_session& session, const record& row);

/// GET <resource>/{id}/`path`: the changes, oldest first, in pages; of one field only if it is named.
operation history_operation(const resource& of, std::string_view path, std::string_view only = {});

}  // namespace carrel::siem
