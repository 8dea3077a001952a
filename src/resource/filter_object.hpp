#pragma once

#include "resource/conditions.hpp"

#include <boost/json/object.hpp>

namespace carrel::siem {

/// Filters of a resource's list that a body holds as an object: the members are the filters, each a text, a number, or a list of
/// them. Faults name the member `filter`. Empty if there is none.
query_pairs read_filters(const resource& of, const boost::json::object& filters, timestamp now,
                         std::vector<fault>& faults);

}  // namespace carrel::siem
