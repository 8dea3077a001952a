#pragma once

#include <string>

// Files that strangers could change are not used: what is in them would be theirs.
namespace carrel::cli {

/// Why a settings file may not be trusted, as a clause about it: it belongs to another user, or others may write it.
/// Empty if it may, or is not there.
std::string unsafe_settings(const std::string& path);

/// The same of a private key, which others must not even read; the clause names the path. Of systemd's credentials
/// (`CREDENTIALS_DIRECTORY`) the group may read: it is the service's own user.
std::string unsafe_key(const std::string& path);

/// The same of a database and of its directory; the clause names which. A directory in which only the owner of a file may
/// replace it (as in /tmp) will do.
std::string unsafe_database(const std::string& path);

}  // namespace carrel::cli
