#pragma once

#include <carrel/options.hpp>

#include <string>

namespace carrel::cli {

/// Sends the program's log to stderr: `format` is text or json, `level` debug, info, warning or error.
void start_log(const std::string& format, const std::string& level);

/// The sink that writes into that log. Thread-safe.
log_sink make_log_sink();

/// Writes one entry.
void log(log_level level, std::string_view text);

}  // namespace carrel::cli
