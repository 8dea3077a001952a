#pragma once

#include "cli/http_client.hpp"
#include "siem/backups/backup_names.hpp"

#include <string>

namespace carrel::cli {

struct remote_backup {
    std::string name;  // empty: by its time
    siem::backup_retention kept;
};

/// Has a server make a backup and waits for its end, which is printed. Returns the exit status.
int ask_for_backup(const http_url& server, const remote_backup& wanted);

}  // namespace carrel::cli
