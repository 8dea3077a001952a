#include "syslog/message_format.hpp"

namespace carrel::syslog {

void read_text::clear() {
    json.clear();
    at.reset();
    for (auto* each : {&source, &host, &event_code, &severity}) each->reset();
    reason.clear();
    details.clear();
}

void syslog_format::read(std::string_view message, const message_origin& from, read_text& into) {
    into.clear();
    read_message(message, from.received_at, from.peer, from.was_cut, into);
}

}  // namespace carrel::syslog
