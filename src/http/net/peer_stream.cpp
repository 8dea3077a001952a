#include "http/net/peer_stream.hpp"

namespace carrel::http {

handshake peer_stream::step_handshake() {
    const auto outcome = tls_->step_handshake();
    if (outcome == handshake::plain) tls_.reset();
    return outcome;
}

}  // namespace carrel::http
