#pragma once

#include "access/identity.hpp"
#include "http/net/peer.hpp"
#include "http/protocol/request_parser.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace carrel::http {

class exchange;

/// What the last request of a connection was let in by: the next one most likely says the same, and then nothing is looked up.
struct kept_credential {
    std::string token;
    std::shared_ptr<const std::string> csrf_token;  ///< of a session
    std::uint64_t generation = 0;
    peer_address client;
    std::shared_ptr<const access::identity> who;
};

/// Finds out who the caller is and whether they may run the request's endpoint: a token in `Authorization`, a session in a cookie, or a
/// client certificate. Sets `call.who`, or refuses the request and returns false.
bool authenticate(exchange& ex, const request_head& head);

}  // namespace carrel::http
