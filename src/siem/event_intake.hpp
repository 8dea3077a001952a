#pragma once

#include "resource/operation.hpp"
#include "siem/event_body.hpp"
#include "siem/event_mapping.hpp"
#include "siem/event_parts.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// What storing a part did. On a replay (same idempotency key and bytes, committed by an earlier request) nothing is
/// inserted and the ids are those given then.
struct stored_part {
    std::int64_t accepted = 0;
    std::string first_id, last_id;
    std::int64_t untimed = 0;                          // of the accepted
    std::int64_t duplicates = 0;                       // not stored, since an event of the same identity was
    std::vector<std::uint32_t> duplicate_places = {};  // in the part, growing; a replay does not have them
};

/// The outcome of a whole request.
struct intake_summary {
    std::int64_t accepted = 0;
    std::int64_t rejected = 0;
    std::vector<fault> faults;  // the first 100
    std::string first_id, last_id;
    std::int64_t untimed = 0;  // of the accepted: they have the time of their receipt
    std::int64_t duplicates = 0;
    std::vector<std::int64_t> duplicate_events;  // their places among the events, from 0
};

/// How a request is read, beside its format.
struct intake_options {
    timestamp received_at = 0;
    std::optional<idempotency> key;
    std::string identity_path;        // the member that holds an event's identity; empty: none is requested
    std::string_view identity_scope;  // of identities in the body
    std::shared_ptr<const event_mappings> mappings = nullptr;  // null: the builtin ones
};

/// Turns the bytes of one request into parts, as they arrive. No I/O, no session: fed by the front end and by `ingest`.
/// Not thread-safe.
class event_intake {
public:
    enum class format { json, ndjson };
    using id_source = siem::id_source;

    event_intake(format wanted, timestamp received_at, id_source fresh_id, std::optional<idempotency> key);
    event_intake(std::unique_ptr<event_body> body, intake_options given, id_source fresh_id);
    ~event_intake();

    /// Takes the next bytes, already inflated. A problem ends the request (`application/json` that is not JSON).
    std::optional<problem> feed(std::string_view bytes);
    /// As `feed`, but stops when a part is complete or some work was done. What is left of `bytes` comes again; true if
    /// there may be more to do, though no byte is left.
    bool feed_some(std::string_view& bytes);
    /// The body is complete. A problem as above.
    std::optional<problem> finish();
    /// As `finish`, but stops as `feed_some` does; true if there is more to do.
    bool finish_some();
    const std::optional<problem>& broken() const noexcept;
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
