#pragma once

#include "base/failure.hpp"
#include "siem/feed_source.hpp"
#include "siem/outbound_settings.hpp"

#include <stop_token>

namespace carrel::siem {

/// Reads all of a source, or nothing of it. Blocks; on a thread that may wait. Bounded: 256 MiB, 50,000 files, 16 MiB each.
base::outcome<fetched_source> fetch_source(const feed_source& from, const outbound_settings& settings,
                                           const std::stop_token& stop);

/// Whether a name is one that a list of patterns means: shell patterns, or a folder and all below it.
bool is_among(const std::vector<std::string>& patterns, const std::string& name);

}  // namespace carrel::siem
