#pragma once

#include "base/time.hpp"

#include <carrel/session.hpp>

#include <string>

namespace carrel::siem {

/// The seam to investigations. Empty when the note is there, else why it is not.
result<std::string> add_investigation_note(write_session& session, const std::string& investigation_id,
                                           const std::string& note, const std::string& by, timestamp now);

}  // namespace carrel::siem
