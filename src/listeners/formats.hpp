#pragma once

#include "siem/listeners/listener_store.hpp"
#include "syslog/message_format.hpp"

#include <memory>

namespace carrel::listeners {

/// How a listener makes events of its messages. Each event begins with the member `listener`: `id`, `name`, the sender's
/// address as `peer`, and the listener's `tags` and `fields` where it has some.
std::shared_ptr<syslog::message_format> make_format(const siem::stored_listener& of);

/// What a message is as an event without a listener, for one that is read again. False if it is none; `into.reason` says why.
bool read_again(siem::listener_type type, std::string_view message, std::string_view peer, siem::timestamp received_at,
                syslog::read_text& into);

}  // namespace carrel::listeners
