#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// What a password must be like, and what becomes of one. A zero switches the rule off.
struct password_policy {
    /// In code points.
    std::size_t length_min = 12, length_max = 128;
    /// Of lower-case letters, upper-case letters, digits and everything else.
    std::size_t classes_min = 3;
    /// How many earlier passwords may not come back.
    unsigned history = 5;
    std::chrono::days age_max{90}, warn_before{14};
    /// Wrong passwords in a row until the user is locked out, and for how long.
    unsigned failures_max = 5;
    std::chrono::minutes lockout{15};
};

/// Why a user may not have this password, as a fault says it (`must have …`), without a part of it; nothing if they may. Beside what the policy
/// counts, a password is refused that holds the user's name, that is one of the most used (with digits and signs around it or
/// not), or that has control characters, which no form lets one type. `username` may be empty.
std::optional<std::string> fault_of(const password_policy& policy, std::string_view username,
                                    std::string_view password);

}  // namespace carrel::access
