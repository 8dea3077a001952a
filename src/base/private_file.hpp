#pragma once

#include <sys/stat.h>

#include <string>

namespace carrel::base {

/// Why a file may not hold a secret, as a clause about it: it belongs to another user than this one or root, or others may use it.
/// Empty if it may. Of systemd's credentials (`CREDENTIALS_DIRECTORY`) the group may read: it is the service's own user.
std::string why_not_private(const struct stat& about, const std::string& path);

/// A mode as people write it, `0640`.
std::string mode_text(mode_t mode);

}  // namespace carrel::base
