#pragma once

#include "base/failure.hpp"

#include <carrel/options.hpp>

#include <string>
#include <string_view>

// What must not be read from a stolen database: tokens and passwords of actions and feeds. There is one key a process.
namespace carrel::siem {

struct key_source {
    std::string path;         ///< of the key's file; empty for a key that ends with the process
    bool may_create = false;  ///< a file that is not there is made when the first secret is sealed
    log_sink log = {};        ///< gets why the key cannot be used, with its path
};

/// Where the key is, from now on. To be called before requests are served; without it, the key is in no file.
void set_key_source(key_source where);

/// Whether the file can be used, if there is one.
base::outcome<void> check_key();

/// Seals a text for one place (`actions/<id>/token`); only with the same place can it be opened. Any thread. A failure is fit for a
/// client: why is in the log.
base::outcome<std::string> seal_secret(std::string_view plain, std::string_view place);
base::outcome<std::string> open_secret(std::string_view sealed, std::string_view place);

}  // namespace carrel::siem
