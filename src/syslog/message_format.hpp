#pragma once

#include "syslog/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel::syslog {

/// Whom a message is from, and when it came.
struct message_origin {
    std::string_view peer;
    siem::timestamp received_at = 0;
    bool was_cut = false;
};

/// What was made of a message.
struct read_text : event_text {
    // Of columns that no member of the event gives a value.
    std::optional<std::string> source, host, event_code, severity;
    // Not empty: the message is no event. `reason` is the same for all of a kind, `details` says more of this one.
    std::string reason, details;

    void clear();
};

/// Makes events of messages. Belongs to one thread.
class message_format {
public:
    message_format() = default;
    message_format(const message_format&) = delete;
    message_format& operator=(const message_format&) = delete;
    virtual ~message_format() = default;

    /// Fills `into` anew.
    virtual void read(std::string_view message, const message_origin& from, read_text& into) = 0;
    /// An event that holds a message which is none, as text.
    virtual void read_raw(std::string_view message, const message_origin& from, std::string_view reason,
                          read_text& into) = 0;
    /// See event_reader: what the member `event` holds counts as if it stood beside it.
    virtual bool is_envelope() const noexcept { return false; }
};

/// RFC 5424 and RFC 3164; nothing is refused.
class syslog_format final : public message_format {
public:
    void read(std::string_view message, const message_origin& from, read_text& into) override;
    void read_raw(std::string_view message, const message_origin& from, std::string_view, read_text& into) override {
        read(message, from, into);
    }
    bool is_envelope() const noexcept override { return true; }
};

}  // namespace carrel::syslog
