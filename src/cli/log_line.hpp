#pragma once

#include "telemetry/log_origin.hpp"

#include <carrel/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::cli {

/// What a line of the log looks like.
struct line_form {
    bool is_json = false;
    bool has_priority = false;  ///< `<4>` before it, as the journal and sd-daemon(3) read it.
    bool has_time = true;       ///< The journal has its own.

    bool operator==(const line_form&) const = default;
};

/// Of a format by its name (text, json or journal), for a log that the journal reads or not. An object keeps its time there,
/// too: who asks for objects reads them by themselves.
line_form form_of(std::string_view format, bool is_read_by_journal) noexcept;

/// One line, with its end. Control characters and what is not UTF-8 are escaped, so that nothing that somebody sent makes
/// another line. `at` is in microseconds since 1970. `members` is JSON text of more members of an object.
std::string log_line(const line_form& form, log_level level, std::int64_t at, std::string_view text,
                     const telemetry::log_origin& origin = {}, std::string_view members = {});

/// Whether a descriptor is the stream that `JOURNAL_STREAM` (`device:inode`, null for none) names.
bool is_journal(int descriptor, const char* journal_stream) noexcept;

}  // namespace carrel::cli
