#include "http/net/peer_stream.hpp"

namespace carrel::http {

handshake peer_stream::shake_hands() {
    const auto outcome = tls_->shake_hands();
    if (outcome == handshake::plain) tls_.reset();
    return outcome;
}

}  // namespace carrel::http
