#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// 404 unless the row that owns what the path names is there; nothing for resources whose rows no other owns.
result<void> require_parent(const resource& of, read_session& session, const call& request, reply& into);

}  // namespace carrel::siem
