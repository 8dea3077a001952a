#pragma once

#include "resource/operation.hpp"
#include "segments/segment.hpp"
#include "segments/segment_builder.hpp"
#include "siem/event_identity.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// What is taken from the text of one event.
struct new_event {
    timestamp at = 0;
    std::optional<std::string> source, host, channel, event_code, severity;
    std::optional<std::string> identity;  // what the member holds that the client named for it
    std::vector<std::uint64_t> tokens;    // see query/tokens.hpp; some come again
    std::vector<std::uint64_t> paths;     // those of them that are of paths
};

/// A part without events is the outcome of a request with an idempotency key of which nothing was accepted.
///
/// Up to `event_part_max` events and `event_part_bytes_max` bytes that commit together; a larger event is a part alone.
struct event_part {
    std::vector<segments::segment> segments;
    std::vector<event_identity> identities;  // one for each event; empty if none has one
    std::vector<std::uint32_t> untimed;      // places of the events that have the time of their receipt
    std::int64_t events = 0;
    std::size_t bytes = 0;  // of the events' texts, and `event_overhead` for each
    uuid first_id, last_id;
    std::uint32_t number = 0;  // from 0 within the request
    bool last = false;
    timestamp received_at = 0;
    std::string chain;  // SHA-256 over all bytes of the request up to the end of this part
    std::optional<carrel::siem::idempotency> idempotency;
};

inline constexpr std::int64_t event_part_max = 10'000;
/// With identities, each of which the writer looks up.
inline constexpr std::int64_t identified_part_max = 2'000;
inline constexpr std::size_t event_part_bytes_max = 4u << 20;

using id_source = std::function<uuid()>;  // a fresh UUIDv7, growing

/// Puts events together into parts. No I/O. Not thread-safe.
class event_parts {
public:
    event_parts(timestamp received_at, id_source fresh_id, std::optional<idempotency> key)
        : received_at_(received_at),
          fresh_id_(std::move(fresh_id)),
          key_(std::move(key)) {}

    /// Of the events that are added from now on.
    void set_received_at(timestamp at) noexcept { received_at_ = at; }
    /// Whether an event of that size needs a part of its own or another one: `end` the growing one first.
    bool is_full_for(std::size_t text_bytes) const noexcept;
    /// Adds an event; its id.
    uuid add(const new_event& read, std::string_view text, const event_identity& identity, bool is_untimed);
    /// Ends the part that grows.
    void end(std::string chain, bool last);
    std::optional<event_part> take();

    bool is_empty() const noexcept { return growing_.events == 0; }
    bool has_complete() const noexcept { return !complete_.empty(); }
    std::uint32_t ended() const noexcept { return parts_; }
    std::size_t bytes_growing() const noexcept { return growing_.bytes; }
    std::size_t bytes_held() const noexcept { return growing_.bytes + bytes_complete_; }

private:
    void end_segment();

    timestamp received_at_;
    id_source fresh_id_;
    std::optional<idempotency> key_;
    segments::segment_builder builder_{segments::fresh_format};
    event_part growing_;
    std::deque<event_part> complete_;
    std::size_t bytes_complete_ = 0;
    std::uint32_t parts_ = 0;
};

/// The segments of a part without some of its events, whose places grow; and the ids that are left. Errors:
/// SQLITE_CORRUPT.
struct reduced_part {
    std::vector<segments::segment> segments;
    std::int64_t events = 0;
    uuid first_id, last_id;
};
result<reduced_part> part_without(const event_part& part, const std::vector<std::uint32_t>& places);

}  // namespace carrel::siem
