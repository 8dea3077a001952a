#pragma once

#include "base/failure.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace carrel::outbound {

using addresses = std::vector<boost::asio::ip::address>;

/// Where requests may go and what they may cost.
struct policy {
    std::chrono::milliseconds connect_timeout{10'000};   ///< for each address of a host
    std::chrono::milliseconds deadline{60'000};          ///< for all of it: look-up, redirects, body
    std::size_t body_bytes_max = std::size_t{64} << 20;  ///< of an answer, unpacked too
    unsigned redirects_max = 5;
    /// Whether addresses may be reached that are not public: this machine's, its network's, the metadata service's.
    bool allow_private = false;
    /// Hosts that may be reached wherever they are: `host`, `host:port`, an address, `[address]:port`.
    std::vector<std::string> allowed_hosts;
    /// PEM of certificates that are trusted beside the system's; empty for none.
    std::string ca_file;
    /// Called when a part of the message may be on its way: what fails before has had no effect. Empty for nobody.
    std::function<void()> on_sending;
    /// Another look-up of names than the system's, for tests. It must not wait long.
    std::function<base::outcome<addresses>(const std::string& host)> look_up;
};

}  // namespace carrel::outbound
