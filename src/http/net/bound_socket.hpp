#pragma once

#include <carrel/error.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>

namespace carrel::http {

/// A socket that listens already but accepts nothing yet, so that its port is known before anything else is made.
class bound_socket {
public:
    /// Binds and listens. The error's diagnostic is one line for an operator.
    static result<bound_socket> open(const std::string& address, std::uint16_t port);
    /// Takes over a TCP socket that listens already, from who started this program. It is owned, and closed if it is refused.
    static result<bound_socket> take(int descriptor);
    bound_socket(bound_socket&& other) noexcept;
    bound_socket& operator=(bound_socket&&) = delete;
    ~bound_socket();

    int release() noexcept;
    const boost::asio::ip::tcp::endpoint& endpoint() const noexcept { return endpoint_; }
    /// `127.0.0.1:8080`, `[::1]:8080`.
    std::string authority() const;

private:
    bound_socket() = default;
    error_code bind(const boost::asio::ip::tcp::endpoint& wanted) noexcept;
    error_code set_options() noexcept;
    error_code find_endpoint() noexcept;

    int descriptor_ = -1;
    boost::asio::ip::tcp::endpoint endpoint_;
};

}  // namespace carrel::http
