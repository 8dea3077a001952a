#pragma once

#include "outbound/policy.hpp"

#include <filesystem>
#include <map>
#include <string>

// Where this server may go by itself, for feeds and for actions.
namespace carrel::siem {

struct outbound_settings {
    outbound::policy feeds, actions;
    std::filesystem::path feeds_directory;  ///< feeds of type filesystem are below it; empty: there are none
    std::map<std::string, std::filesystem::path, std::less<>> commands = {};  ///< that playbooks may run, by name
    bool may_clone_files = false;  ///< a git feed may be a `file://` of this machine: for tests
};

/// Those in force. They change before requests are served only.
const outbound_settings& outbound_in_force();
void set_outbound(outbound_settings settings);

}  // namespace carrel::siem
