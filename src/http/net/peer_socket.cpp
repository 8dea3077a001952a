#include "http/net/peer_socket.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace carrel::http {

namespace {

struct query {
    nlmsghdr head;
    inet_diag_req_v2 request;
};

class netlink_socket {
public:
    netlink_socket() noexcept
        : descriptor_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)) {}
    netlink_socket(const netlink_socket&) = delete;
    netlink_socket& operator=(const netlink_socket&) = delete;
    ~netlink_socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    // The kernel answers within the send, so nothing is waited for.
    ssize_t ask(const query& what, char* answer, std::size_t room) const noexcept {
        if (descriptor_ < 0 || ::send(descriptor_, &what, sizeof what, 0) < 0) return -1;
        return ::recv(descriptor_, answer, room, 0);
    }

private:
    int descriptor_;
};

bool is_loopback(const sockaddr_storage& address) noexcept {
    if (address.ss_family == AF_INET)
        return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

void put_end(const sockaddr_storage& address, __be16& port, __be32 (&bytes)[4]) noexcept {
    if (address.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(address);
        port = four.sin_port;
        bytes[0] = four.sin_addr.s_addr;
    } else {
        const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
        port = six.sin6_port;
        std::memcpy(bytes, &six.sin6_addr, sizeof bytes);
    }
}

// Asks for the peer's own socket: its source is our destination.
query query_for(const sockaddr_storage& ours, const sockaddr_storage& theirs) noexcept {
    query made;
    std::memset(&made, 0, sizeof made);
    made.head.nlmsg_len = sizeof made;
    made.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    made.head.nlmsg_flags = NLM_F_REQUEST;
    made.request.sdiag_family = static_cast<__u8>(ours.ss_family);
    made.request.sdiag_protocol = IPPROTO_TCP;
    made.request.idiag_states = ~0u;
    made.request.id.idiag_cookie[0] = made.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    put_end(theirs, made.request.id.idiag_sport, made.request.id.idiag_src);
    put_end(ours, made.request.id.idiag_dport, made.request.id.idiag_dst);
    return made;
}

}  // namespace

bool peer_socket_is_orphaned(int descriptor) noexcept {
    sockaddr_storage ours{}, theirs{};
    socklen_t ours_size = sizeof ours, theirs_size = sizeof theirs;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&ours), &ours_size) != 0) return false;
    // Without a peer the connection was reset.
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&theirs), &theirs_size) != 0) return errno == ENOTCONN;
    if (!is_loopback(theirs)) return false;
    alignas(nlmsghdr) char answer[1024];
    const auto size = netlink_socket().ask(query_for(ours, theirs), answer, sizeof answer);
    if (size < static_cast<ssize_t>(sizeof(nlmsghdr))) return false;
    const auto* head = reinterpret_cast<const nlmsghdr*>(answer);
    if (head->nlmsg_type == NLMSG_ERROR) {
        const auto* failure = reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(head));
        return failure->error == -ENOENT;
    }
    return reinterpret_cast<const inet_diag_msg*>(NLMSG_DATA(head))->idiag_inode == 0;
}

}  // namespace carrel::http
