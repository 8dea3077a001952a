#pragma once

#include "resource/operation.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What listeners say of themselves while they run, and how changes of them take effect. Who runs them stands behind this.
namespace carrel::siem {

/// What a listener has counted, in all: received = stored + dead_letters + dropped + what waits to be one of these.
struct listener_counts {
    std::int64_t received = 0, stored = 0, dead_letters = 0, dropped = 0;
    std::int64_t lost = 0;         // by the system, before they were received
    std::int64_t cut = 0;          // of the received: they were longer than the bound
    std::int64_t refused = 0;      // connections
    std::int64_t connections = 0;  // now
    double events_per_second = 0;  // lately
    std::optional<timestamp> last_event_at;

    std::int64_t queued() const noexcept { return received - stored - dead_letters - dropped; }
};

/// A listener as it is once a change has taken effect.
struct settled_listener {
    std::string json;
    std::int64_t version = 0;
    std::uint64_t commit = 0;  // 0: nothing was written for it
};

/// Thread-safe.
class listener_control {
public:
    using settled = std::function<void(std::optional<settled_listener>)>;

    listener_control() = default;
    listener_control(const listener_control&) = delete;
    listener_control& operator=(const listener_control&) = delete;
    virtual ~listener_control() = default;

    /// Has what is stored of a listener, or of all if `id` is empty, take effect. `done` is called once, on any thread, when
    /// it has: with the listener as it is then, or nothing if it is not there or many were meant.
    virtual void apply(const std::string& id, settled done) = 0;
    /// Nothing if it has not run in this process.
    virtual std::optional<listener_counts> counts(std::string_view id) const = 0;
};

/// Who runs the listeners; null: nobody does, and none can be started. They change before requests are served and after.
std::shared_ptr<listener_control> listeners_in_force();
void set_listeners_in_force(std::shared_ptr<listener_control> control);

/// Where listeners may be, beside loopback.
struct listener_rules {
    std::vector<std::string> addresses;
    bool anywhere = false;
};
void set_listener_rules(listener_rules rules);
/// Why a listener cannot be at an address; empty if it can.
std::string fault_in_listener_host(std::string_view host);

/// Whether a write may change what listeners do; the id of the one, empty for many.
std::optional<std::string> changed_listener(const operation& what, const call& request);
/// Whether the reply is to be the listener as it has come to be.
bool replies_settled_listener(const operation& what) noexcept;

}  // namespace carrel::siem
