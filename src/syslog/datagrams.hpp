#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::syslog {

/// Datagrams that are received many at once, and the buffers for them. Belongs to one thread.
class datagrams {
public:
    static constexpr std::size_t count_max = 32;

    /// What is longer than `bytes_max` is cut.
    explicit datagrams(std::size_t bytes_max);

    /// Takes what has come at a socket; how many, 0 if there is none.
    std::size_t receive(int descriptor) noexcept;

    /// Of those received last.
    std::string_view bytes(std::size_t which) const noexcept;
    bool was_cut(std::size_t which) const noexcept;
    /// The sender's address, valid until the next call: mostly that of the one before.
    const std::string& peer(std::size_t which);

private:
    std::size_t bytes_max_;
    std::unique_ptr<char[]> buffer_;
    std::vector<mmsghdr> heads_;
    std::vector<iovec> places_;
    std::vector<sockaddr_storage> senders_;
    sockaddr_storage known_{};
    std::string known_text_;
};

}  // namespace carrel::syslog
