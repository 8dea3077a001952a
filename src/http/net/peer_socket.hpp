#pragma once

namespace carrel::http {

/// Whether the other end of a TCP connection is a socket of this host that no process holds any more. False if the peer
/// is elsewhere or cannot be looked up. Costs a few system calls; never blocks.
bool peer_socket_is_orphaned(int descriptor) noexcept;

}  // namespace carrel::http
