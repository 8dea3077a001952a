#pragma once

#include "http/limits.hpp"
#include "http/net/peer.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>

namespace carrel::http {

/// How many connections one address may have. `connections_max` is set.
inline std::size_t per_address_max(const limits& bounds, const peer_address& peer) noexcept {
    if (bounds.connections_per_address_max != 0) return bounds.connections_per_address_max;
    // A proxy on this host speaks for many clients.
    return peer.is_loopback() ? bounds.connections_max + bounds.turned_away_max
                              : std::max<std::size_t>(1, bounds.connections_max / 4);
}

/// Connections by the address they come from. Thread-safe.
class address_counts {
public:
    /// The number of connections of this address, with the one added.
    std::size_t add(const peer_address& peer) {
        std::lock_guard lock(mutex_);
        return ++counts_[peer.group()];
    }
    void remove(const peer_address& peer) {
        std::lock_guard lock(mutex_);
        const auto found = counts_.find(peer.group());
        if (found != counts_.end() && --found->second == 0) counts_.erase(found);
    }

private:
    std::mutex mutex_;
    std::map<peer_address, std::size_t> counts_;
};

}  // namespace carrel::http
