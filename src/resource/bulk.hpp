#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// POST /<resource>/bulk: one action for up to 1,000 records, or new records, each with a result of its own. With `atomic`
/// the first failure undoes all.
operation bulk_operation(const resource& of);

inline constexpr std::size_t bulk_items_max = 1000;

}  // namespace carrel::siem
