#include "siem/listeners/listener_control.hpp"

#include "indicators/address.hpp"
#include "siem/listeners/listeners.hpp"

#include <algorithm>
#include <mutex>

namespace carrel::siem {

namespace {

struct in_force {
    std::mutex mutex;
    std::shared_ptr<listener_control> control;  // guarded by mutex
    listener_rules rules;                       // changes before requests are served only
};

in_force& all() {
    static in_force one;
    return one;
}

bool is_loopback(const indicators::address& of) noexcept {
    if (!of.is_v6) return of.bytes[0] == 127;
    return std::all_of(of.bytes.begin(), of.bytes.end() - 1, [](auto byte) { return byte == 0; }) &&
           of.bytes.back() == 1;
}

}  // namespace

std::shared_ptr<listener_control> listeners_in_force() {
    const std::lock_guard lock(all().mutex);
    return all().control;
}

void set_listeners_in_force(std::shared_ptr<listener_control> control) {
    const std::lock_guard lock(all().mutex);
    all().control.swap(control);
}

void set_listener_rules(listener_rules rules) { all().rules = std::move(rules); }

std::string fault_in_listener_host(std::string_view host) {
    const auto address = indicators::parse_address(host);
    if (!address) return "is not an address of IPv4 or IPv6";
    const auto& rules = all().rules;
    if (rules.anywhere || is_loopback(*address)) return {};
    for (const std::string& each : rules.addresses)
        if (indicators::parse_address(each) == address) return {};
    return "is not loopback, and the server was started without --listener-address for it";
}

std::optional<std::string> changed_listener(const operation& what, const call& request) {
    if (what.of != &listeners() || !what.is_write()) return std::nullopt;
    // What is new does not run, and what is deleted did not.
    const bool is_one = what.path.starts_with("/listeners/{id}");
    if (!is_one && !what.path.ends_with("/bulk")) return std::nullopt;
    return is_one ? request.path[0] : std::string();
}

bool replies_settled_listener(const operation& what) noexcept {
    return what.id == "start_listener" || what.id == "stop_listener" || what.id == "restart_listener";
}

}  // namespace carrel::siem
