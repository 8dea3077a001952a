#pragma once

#include "siem/listeners/listener_control.hpp"
#include "siem/listeners/listeners.hpp"

#include <carrel/session.hpp>

#include <span>

// Listeners as they are stored, for who runs them.
namespace carrel::siem {

struct stored_listener {
    std::int64_t row = 0;
    std::string id, name;
    listener_type type{};
    listener_protocol protocol{};
    std::string host;
    std::uint16_t port = 0;
    bool is_wanted = false;
    listener_status status{};
    std::string status_detail;
    std::optional<timestamp> started_at;
    std::int64_t restarts = 0;  // how often a client has had it started
    std::size_t connections_max = 0, message_bytes_max = 0;
    std::int64_t idle_seconds = 0;
    std::string source, tags, fields;   // tags and fields in JSON; empty: none
    std::vector<std::string> mappings;  // of a listener with a mapping of its own: that, and those in force
    listener_counts counted;
    std::string json;  // as a client gets it
    std::int64_t version = 0;
};

result<std::optional<stored_listener>> load_listener(read_session& session, std::string_view id);
/// The ids of those that are to run, or that are said not to be stopped.
result<std::vector<std::string>> load_listeners_to_settle(read_session& session);

/// What has become of a listener.
struct listener_progress {
    std::int64_t row = 0;
    std::optional<listener_status> status;  // nothing: as it was
    std::string status_detail;
    listener_counts counted;
    timestamp at = 0;
};
/// Writes down how a listener is; the record as clients get it then. Nothing if it is not there any more.
result<std::optional<settled_listener>> settle_listener(write_session& session, const listener_progress& progress);
/// Writes down what listeners have counted.
result<void> count_listeners(write_session& session, std::span<const listener_progress> all);

}  // namespace carrel::siem
