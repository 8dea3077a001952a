#pragma once

#include "http/pipeline/exchange.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace carrel::http {

/// Memory for the exchanges of one shard. What is reused between requests is memory, never a value: `make` constructs an
/// exchange and `retire` destroys it. Not thread-safe.
class exchange_pool {
public:
    exchange& make(shard_context& context);
    void retire(exchange& done);

private:
    static constexpr std::size_t spare_slots_max = 256;

    struct slot {
        std::optional<exchange> held;
        spare_room room;
        std::size_t index = 0;
    };
    std::vector<std::unique_ptr<slot>> slots_;
    std::vector<slot*> spare_;
};

}  // namespace carrel::http
