#include "syslog/datagrams.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cstring>

namespace carrel::syslog {

namespace {

// Of the parts that name the host: a sender has a new port whenever it likes.
bool is_same_host(const sockaddr_storage& a, const sockaddr_storage& b) noexcept {
    if (a.ss_family != b.ss_family) return false;
    if (a.ss_family == AF_INET)
        return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
               reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
    const auto &one = reinterpret_cast<const sockaddr_in6&>(a), &other = reinterpret_cast<const sockaddr_in6&>(b);
    return std::memcmp(&one.sin6_addr, &other.sin6_addr, sizeof one.sin6_addr) == 0 &&
           one.sin6_scope_id == other.sin6_scope_id;
}

std::string text_of(const sockaddr_storage& of) {
    namespace ip = boost::asio::ip;
    if (of.ss_family == AF_INET)
        return ip::address_v4(ntohl(reinterpret_cast<const sockaddr_in&>(of).sin_addr.s_addr)).to_string();
    if (of.ss_family != AF_INET6) return {};
    const auto& from = reinterpret_cast<const sockaddr_in6&>(of);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &from.sin6_addr, bytes.size());
    return ip::address_v6(bytes, from.sin6_scope_id).to_string();
}

}  // namespace

datagrams::datagrams(std::size_t bytes_max)
    : bytes_max_(bytes_max),
      buffer_(std::make_unique_for_overwrite<char[]>(count_max * bytes_max)),
      heads_(count_max),
      places_(count_max),
      senders_(count_max) {
    for (std::size_t i = 0; i < count_max; ++i) {
        places_[i] = {buffer_.get() + i * bytes_max_, bytes_max_};
        heads_[i].msg_hdr.msg_iov = &places_[i];
        heads_[i].msg_hdr.msg_iovlen = 1;
        heads_[i].msg_hdr.msg_name = &senders_[i];
    }
}

std::size_t datagrams::receive(int descriptor) noexcept {
    for (auto& each : heads_) each.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(descriptor, heads_.data(), count_max, MSG_DONTWAIT, nullptr);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string_view datagrams::bytes(std::size_t which) const noexcept {
    return {buffer_.get() + which * bytes_max_, std::min<std::size_t>(heads_[which].msg_len, bytes_max_)};
}

bool datagrams::was_cut(std::size_t which) const noexcept { return (heads_[which].msg_hdr.msg_flags & MSG_TRUNC) != 0; }

const std::string& datagrams::peer(std::size_t which) {
    if (!known_text_.empty() && is_same_host(senders_[which], known_)) return known_text_;
    known_ = senders_[which];
    known_text_ = text_of(known_);
    return known_text_;
}

}  // namespace carrel::syslog
