#pragma once

#include "http/net/peer.hpp"

#include <cstddef>
#include <map>
#include <mutex>

namespace carrel::http {

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
