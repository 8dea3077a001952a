#pragma once

#include "siem/listeners/dead_letters.hpp"

// How dead letters of listeners are read again, for `read_dead_letters_by`. JSON needs none.
namespace carrel::listeners {

bool read_syslog_letter(std::string_view raw, std::string_view source, siem::timestamp received_at,
                        siem::dead_letter_event& into);
bool read_cef_letter(std::string_view raw, std::string_view source, siem::timestamp received_at,
                     siem::dead_letter_event& into);

}  // namespace carrel::listeners
