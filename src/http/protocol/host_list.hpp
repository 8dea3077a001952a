#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::http {

/// The authorities this server answers for: the guard against DNS rebinding. Immutable, so safe from any thread.
class host_list {
public:
    /// `allowed` entries with a port match that port only, those without match any.
    host_list(std::uint16_t port, const std::vector<std::string>& allowed);

    bool allows(std::string_view host) const noexcept;
    /// An `Origin` is ours if it is http and its authority is an allowed host.
    bool allows_origin(std::string_view origin) const noexcept;

private:
    std::vector<std::string> exact_;  // with the port, or as a client may leave it out
    std::vector<std::string> any_port_;
};

/// `name`, `name:8080`, `[::1]:8080`, by RFC 9112's grammar for `Host`.
bool is_valid_host(std::string_view host) noexcept;

}  // namespace carrel::http
