#include "siem/active_user.hpp"

namespace carrel::siem {

result<std::optional<std::string>> active_user(read_session& session, const std::string& name) {
    auto user = session.first<std::string>("SELECT username FROM users WHERE username = ? AND active = 1", name);
    if (!user || *user) return user;
    auto users = session.first_integer("SELECT EXISTS (SELECT 1 FROM users)");
    if (!users) return users.error();
    return users->value_or(0) == 0 ? std::optional(name) : std::nullopt;
}

}  // namespace carrel::siem
