#pragma once

#include "telemetry/log_origin.hpp"

#include <carrel/options.hpp>
#include <carrel/queries.hpp>

#include <string>

namespace carrel::cli {

/// How the program's log is written.
struct log_settings {
    std::string format = "text";  // text, json or journal
    std::string level = "info";   // debug, info, warning or error
    std::string file;             // empty: stderr
};

/// Begins the log. False if the file cannot be opened.
bool start_log(const log_settings& settings);
/// Opens the file anew, under its name, and takes over the level. Thread-safe against writers.
bool restart_log(const log_settings& settings);
/// Writes what is counted about repeats; for the end of the program.
void finish_log();

/// The sinks that write into that log. Thread-safe.
log_sink make_log_sink();
telemetry::request_log_sink make_request_log_sink();

/// Writes slow queries into it, in JSON with a member for each of their parts. Thread-safe.
slow_query_sink make_slow_query_sink();

/// Writes one entry, or counts it if its like was written often in the last minute.
void log(log_level level, std::string_view text);
/// The same for one that arose from a request. Ids make no other kind of entry.
void log(log_level level, std::string_view text, const telemetry::log_origin& origin);

}  // namespace carrel::cli
