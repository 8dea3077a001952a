#pragma once

#include <carrel/error.hpp>
#include <carrel/session.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// What is wrong with a name that `active_user` does not find.
inline constexpr std::string_view no_active_user = "is the name of no active user";

/// A name that somebody gave as the table of users writes it; nothing if no user of that name is active. While there are no users
/// at all, who is meant is not known here, and any name is as it was given.
result<std::optional<std::string>> active_user(read_session& session, const std::string& name);

}  // namespace carrel::siem
