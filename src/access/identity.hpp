#pragma once

#include "access/permission.hpp"
#include "base/time.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace carrel::access {

/// How someone has shown who they are.
enum class credential { session, token, certificate };

/// The caller, and what they may do: what one session, token or certificate stands for. Immutable but for what is atomic, so
/// that shards share it; a change of the user, the role or the token makes another one.
struct identity {
    credential by = credential::session;
    std::int64_t user_row = 0;
    std::int64_t credential_row = 0;  ///< of the session or token
    std::string user_id, username, role;
    std::string credential_id;
    permission_set may;                 ///< the role's, and of them those in the token's scopes
    std::int64_t created_at = 0;        ///< of the session or token, microseconds
    std::int64_t expires_at = 0;        ///< 0: never
    std::int64_t idle_max = 0;          ///< a session ends when it was not used for so long, microseconds; 0: never
    bool must_change_password = false;  ///< nothing else is allowed until then
    mutable std::atomic<std::int64_t> last_used_at{0};

    bool has_expired(std::int64_t now) const noexcept {
        if (expires_at != 0 && now >= expires_at) return true;
        return idle_max != 0 && now - last_used_at.load(std::memory_order_relaxed) >= idle_max;
    }
};

}  // namespace carrel::access
