#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace carrel::siem {

/// The versions that `If-Match` or `If-None-Match` lists. A tag that can match nothing stands as version 0.
struct version_list {
    bool any = false;  ///< `*`
    std::vector<std::int64_t> versions = {};

    /// `version` 0: the resource does not exist.
    bool names(std::int64_t version) const noexcept {
        return version != 0 && (any || std::find(versions.begin(), versions.end(), version) != versions.end());
    }
};

/// What a request demands of the resource's current version (RFC 9110 13). Evaluated once, inside the transaction that
/// would change the resource.
struct preconditions {
    std::optional<version_list> if_match = {};
    std::optional<version_list> if_none_match = {};

    /// Whether a write may go on. `version` 0: the resource does not exist yet.
    bool allow_write(std::int64_t version) const noexcept {
        return (!if_match || if_match->names(version)) && (!if_none_match || !if_none_match->names(version));
    }
};

}  // namespace carrel::siem
