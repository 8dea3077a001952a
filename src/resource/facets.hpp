#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// How many of the rows that pass the filters have each value of each facet: of the field's values that occur, the most
/// frequent first.
std::optional<problem> check_facets(const operation& what, call& request);
result<void> facets(const operation& what, read_session& session, const call& request, reply& into);

}  // namespace carrel::siem
