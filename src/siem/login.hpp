#pragma once

#include "resource/operation.hpp"

#include <string>
#include <string_view>

namespace carrel::siem {

inline constexpr std::string_view session_cookie = "carrel_session";
/// By TLS: a browser takes it from nobody but this host, and sends it by TLS alone.
inline constexpr std::string_view secure_session_cookie = "__Host-carrel_session";

/// What a page must send along with a write, made from the secret of the session's token: who can make a browser send its cookie
/// still does not know it.
std::string csrf_token_of(std::string_view session_token);

/// A link for the first administrator, for as long as there are no users and this process runs: the secret in it. Blocks nobody;
/// to be called before requests are served.
std::string begin_setup();

}  // namespace carrel::siem
