#pragma once

#include "background/action_sender.hpp"

#include "outbound/smtp.hpp"

#include <string>

namespace carrel::siem {

/// A mail as SMTP takes it: its header, in ASCII, and its body in base64. No text of the message can begin a line of its own.
std::string mail_text(const outbound::mail_probe& to, const action_message& message);

}  // namespace carrel::siem
