#pragma once

#include "json/writer.hpp"
#include "resource/resource.hpp"

namespace carrel::siem {

/// POST /<resource>/bulk: one action for up to 1,000 records, or new records, each with a result of its own. With `atomic`
/// the first failure undoes all.
operation bulk_operation(const resource& of);

inline constexpr std::size_t bulk_items_max = 1000;

/// What the audit log holds of a request if it was one of these: the action, how many it was done to, and the ids of as many
/// of them as there is room for.
void append_bulk_detail(const call& request, const reply& done, json::writer& out);

}  // namespace carrel::siem
