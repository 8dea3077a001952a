#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Merges an alert that is about to be inserted into the open one that has its fingerprint: the higher severity, the
/// events and tags of both, one duplicate more, and an entry in the history. True if there was one: then the reply is made.
/// An empty fingerprint is none, and an alert that is resolved or closed is not open.
result<bool> merge_into_open(const resource& of, write_session& session, const call& request, record& row, reply& into);

}  // namespace carrel::siem
