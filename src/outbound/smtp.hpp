#pragma once

#include "base/failure.hpp"
#include "outbound/policy.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::outbound {

enum class mail_tls {
    none,
    begun,  ///< by STARTTLS
    whole,  ///< from the first byte
};

struct mail_probe {
    std::string host;
    std::uint16_t port = 25;
    mail_tls tls = mail_tls::none;
    std::string from;
    std::vector<std::string> to;
    std::string user = {}, password = {};  ///< by AUTH PLAIN, with TLS only; empty for none
};

struct mail_verdict {
    bool is_accepted = false;
    int status = 0;      ///< of the last answer
    std::string detail;  ///< what the answer was to; nothing of what it said
};

/// Asks a mail server whether it takes mail from this sender to these receivers, and sends none: it says RSET and QUIT after the
/// last receiver. Blocks up to the policy's deadline; what holds for `fetch` holds here.
base::outcome<mail_verdict> probe_mail(const mail_probe& what, const policy& rules, std::stop_token stop) noexcept;

/// Sends a mail: `message` has its header and its body, whose lines end with CRLF. Accepted once the server has taken it.
base::outcome<mail_verdict> send_mail(const mail_probe& what, std::string_view message, const policy& rules,
                                      std::stop_token stop) noexcept;

}  // namespace carrel::outbound
