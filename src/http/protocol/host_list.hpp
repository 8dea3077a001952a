#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::http {

/// The authorities this server answers for: the guard against DNS rebinding. Immutable once it is shared, so safe from any thread.
class host_list {
public:
    /// `allowed_hosts` with a port match that port only, those without match any. `allowed_origins` are whole origins
    /// (`https://siem.example`). `omitted_port` is the one that clients leave out: 443 where TLS is spoken.
    host_list(std::uint16_t port, const std::vector<std::string>& allowed_hosts,
              std::vector<std::string> allowed_origins = {}, std::uint16_t omitted_port = 80);

    /// The local names with another port. Before the list is shared.
    void add_port(std::uint16_t port, std::uint16_t omitted_port);

    bool allows(std::string_view host) const noexcept;
    /// Whether a page of this `Origin` may write: it was named, or it is one of the hosts served, by the scheme that the
    /// client used (`https` if a proxy said so).
    bool allows_origin(std::string_view origin, std::string_view scheme) const noexcept;
    /// Whether the origin was named, so that its pages may read responses too.
    bool names_origin(std::string_view origin) const noexcept;

private:
    std::vector<std::string> exact_;  // with the port, or as a client may leave it out
    std::vector<std::string> any_port_;
    std::vector<std::string> origins_;
};

/// `name`, `name:8080`, `[::1]:8080`, by RFC 9112's grammar for `Host`.
bool is_valid_host(std::string_view host) noexcept;

}  // namespace carrel::http
