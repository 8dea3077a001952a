#pragma once

#include "support/domain.hpp"

#include <initializer_list>
#include <memory>
#include <string>

namespace carrel::testing {

/// Has a call made by somebody with these permissions.
inline domain::tweak by(const std::string& username, std::initializer_list<access::permission> may) {
    auto who = std::make_shared<access::identity>();
    who->username = username;
    who->user_id = "id-of-" + username;
    for (const access::permission each : may) who->may.add(each);
    return [username, who](siem::call& request) {
        request.principal = username;
        request.who = who;
    };
}

}  // namespace carrel::testing
