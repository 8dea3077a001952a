#pragma once

#include "resource/operation.hpp"
#include "segments/segment.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// What is taken from the text of one event.
struct new_event {
    timestamp at = 0;
    std::optional<std::string> source, host, channel, event_code, severity;
    std::vector<std::uint64_t> tokens;  // see query/tokens.hpp; some come again
};

/// A part without events is the outcome of a request with an idempotency key of which nothing was accepted.
///
/// Up to `event_part_max` events and `event_part_bytes_max` bytes that commit together; a larger event is a part alone.
struct event_part {
    std::vector<segments::segment> segments;
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
inline constexpr std::size_t event_part_bytes_max = 4u << 20;

/// What storing a part did. On a replay (same idempotency key and bytes, committed by an earlier request) nothing is
/// inserted and the ids are those given then.
struct stored_part {
    std::int64_t accepted = 0;
    std::string first_id, last_id;
};

/// The outcome of a whole request.
struct intake_summary {
    std::int64_t accepted = 0;
    std::int64_t rejected = 0;
    std::vector<fault> faults;  // the first 100
    std::string first_id, last_id;
};

/// Turns the bytes of one request into parts, as they arrive. No I/O, no session: fed by the front end and by `ingest`.
/// Not thread-safe.
class event_intake {
public:
    enum class format { json, ndjson };
    using id_source = std::function<uuid()>;  // a fresh UUIDv7, growing

    event_intake(format how, timestamp received_at, id_source fresh_id, std::optional<idempotency> key);
    ~event_intake();

    /// Takes the next bytes, already inflated. A problem ends the request (`application/json` that is not JSON).
    std::optional<problem> feed(std::string_view bytes);
    /// The body is complete. A problem as above.
    std::optional<problem> finish();
    /// The next complete part; the last one after `finish`. Nothing while more bytes are needed.
    std::optional<event_part> take_part();

    /// Bytes held.
    std::size_t bytes_held() const noexcept;

    /// Notes that a part has committed: only then its events count as accepted.
    void committed(const event_part& part, const stored_part& stored);
    const intake_summary& summary() const noexcept;
    /// The reply, `{"accepted":…}`.
    void write_summary(std::string& json) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Stores a part in the session's transaction: all of it or nothing. May run more than once. A part whose idempotency key
/// was used with other bytes is refused through `into`.
result<stored_part> store(write_session& session, const event_part& part, reply& into);

}  // namespace carrel::siem
