#pragma once

#include "resource/resource.hpp"

#include <cstddef>

namespace carrel::siem {

/// Where alerts keep what their own rules touch.
struct alert_fields {
    std::size_t title, description, severity, status, disposition, event_ids, assigned_to, tags, fingerprint,
        duplicate_count, last_seen, investigation_id;
};
const alert_fields& at();

}  // namespace carrel::siem
