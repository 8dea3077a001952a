#pragma once

#include "resource/operation.hpp"
#include "siem/event_body.hpp"
#include "siem/event_intake.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

// Protocols of other programs' servers, spoken so that log shippers can send here as they are. Each is a body that is cut
// into events and a reply in the words that its clients know. Nothing here knows sockets or HTTP's framing.
namespace carrel::shippers {

/// A body of a shipper, and what it is answered once its events are stored.
class shipper_body : public siem::event_body {
public:
    /// Writes the reply's JSON to `body`, or leaves it empty; the HTTP status.
    virtual unsigned short answer(const siem::intake_summary& summary, std::string& body) const = 0;
    /// Of identities in the body.
    virtual std::string_view identity_scope() const noexcept { return {}; }
};

/// Which types of content are taken; another one is 415.
enum class content_rule { any, json };

/// One method and path of a protocol.
struct protocol {
    siem::method method = siem::method::get;
    std::string_view path;  // from the root, with `{…}` for a part that is captured
    /// For what takes events: the body of one request. Else null, and `reply` is the whole answer.
    std::unique_ptr<shipper_body> (*make)(const siem::call& request) = nullptr;
    content_rule content = content_rule::any;
    std::string_view reply = {};
    /// Writes a refusal as the protocol's clients expect it; `code` is that of a problem, as `overloaded`.
    void (*refuse)(std::string& body, unsigned short status, std::string_view code, std::string_view detail) = nullptr;
    std::string_view header_lines = {};  // of each reply, with their line ends
    bool is_for_programs = false;        // a client that asks for HTML finds nothing here
    bool is_probe = false;               // answers any Host
};

/// All of them, built once.
std::span<const protocol> protocols();

std::span<const protocol> elastic_protocols();
std::span<const protocol> splunk_protocols();
std::span<const protocol> loki_protocols();
std::span<const protocol> otlp_protocols();

/// The value of a query parameter; empty if it was not given.
std::string_view query_value(const siem::call& request, std::string_view name) noexcept;

}  // namespace carrel::shippers
