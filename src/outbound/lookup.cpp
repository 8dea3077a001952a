#include "outbound/lookup.hpp"

#include "outbound/address_guard.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

namespace carrel::outbound {
namespace {

namespace ip = boost::asio::ip;
using base::failure;
using base::outcome;

// The system's look-up cannot be cancelled. One that outlasts its caller goes on by itself until the system gives it up.
constexpr int lookups_max = 16;
std::atomic<int> lookups_running{0};

struct pending_lookup {
    std::mutex guard;
    std::condition_variable_any changed;
    bool is_done = false;
    int error = 0;
    addresses found;
};

void add(addresses& found, const addrinfo& each) {
    ip::address address;
    if (each.ai_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(each.ai_addr);
        address = ip::address_v4(ntohl(v4->sin_addr.s_addr));
    } else if (each.ai_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(each.ai_addr);
        ip::address_v6::bytes_type bytes;
        std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr), bytes.begin());
        address = ip::address_v6(bytes, v6->sin6_scope_id);
    } else {
        return;
    }
    found.push_back(address);
}

void run(const std::string& host, pending_lookup& pending) noexcept {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const std::lock_guard lock(pending.guard);
    pending.error = error;
    try {
        for (const auto* each = list; error == 0 && each != nullptr; each = each->ai_next) add(pending.found, *each);
    } catch (const std::bad_alloc&) {
        pending.error = EAI_MEMORY;
    }
    if (list != nullptr) ::freeaddrinfo(list);
    pending.is_done = true;
    pending.changed.notify_all();
}

outcome<addresses> ask_system(const std::string& host, std::chrono::steady_clock::time_point deadline,
                              const std::stop_token& stop) {
    if (lookups_running.fetch_add(1) >= lookups_max) {
        lookups_running.fetch_sub(1);
        return failure{"too many look-ups of names are waiting for the system's resolver"};
    }
    const auto pending = std::make_shared<pending_lookup>();
    try {
        std::thread([host, pending] {
            run(host, *pending);
            lookups_running.fetch_sub(1);
        }).detach();
    } catch (...) {
        lookups_running.fetch_sub(1);
        throw;
    }
    std::unique_lock lock(pending->guard);
    pending->changed.wait_until(lock, stop, deadline, [&] { return pending->is_done; });
    if (!pending->is_done)
        return failure{stop.stop_requested() ? "cancelled" : "the name " + host + " could not be looked up in time"};
    if (pending->error != 0)
        return failure{"the name ", host, " could not be looked up: ", ::gai_strerror(pending->error)};
    return pending->found;
}

// Numbers of every form that the system takes for an IPv4 address (`0x7f.1`, `2130706433`); a dot behind them too.
std::string host_to_ask(const std::string& host) {
    in_addr ignored{};
    if (host.ends_with('.') && ::inet_aton(host.substr(0, host.size() - 1).c_str(), &ignored) != 0)
        return host.substr(0, host.size() - 1);
    return host;
}

}  // namespace

outcome<addresses> look_up(const url& to, const policy& rules, std::chrono::steady_clock::time_point deadline,
                           std::stop_token stop) {
    const auto found = rules.look_up ? rules.look_up(to.host) : ask_system(host_to_ask(to.host), deadline, stop);
    if (!found) return found.error();
    addresses allowed;
    std::string refused;
    for (const auto& address : *found) {
        if (may_reach(rules, to, address)) allowed.push_back(address);
        else if (refused.empty()) refused = address.to_string() + ", which is " + std::string(not_public(address));
    }
    if (!allowed.empty()) return allowed;
    if (refused.empty()) return failure{"the name ", to.host, " has no address"};
    return failure{to.origin(), " leads to ", refused, "; such an address must be allowed first"};
}

}  // namespace carrel::outbound
