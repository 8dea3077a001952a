#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/event_intake.hpp"

#include <charconv>

namespace carrel::siem {

namespace {

// How many events go in between two looks at whether others wait.
constexpr std::size_t yield_interval = 16;

// Inserts from the event number `from` on; how many of the part are stored then.
result<std::size_t> insert(write_session& session, const event_part& part, std::size_t from, slicing how) {
    auto row = session.prepare(
        write_sql("INSERT INTO events(id, timestamp, received_at, source, host, channel, event_code, severity, fields) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    if (!row) return row.error();
    auto words = session.prepare(write_sql("INSERT INTO events_text(rowid, words) VALUES (?, ?)"));
    if (!words) return words.error();
    for (std::size_t at = from; at < part.events.size(); ++at) {
        if (how == slicing::may_yield && at > from && at % yield_interval == 0 && session.should_yield()) return at;
        const new_event& each = part.events[at];
        row->bind(each.id, each.at, part.received_at, each.source, each.host, each.channel, each.event_code,
                  each.severity, each.fields);
        if (auto done = row->run(); !done) return done.error();
        if (auto done = words->bind(session.last_insert_rowid(), each.words).run(); !done) return done.error();
    }
    return part.events.size();
}

// The bytes up to the end of this part, and whether they were all: the same key with a longer body is another request.
idempotency identity_of(const event_part& part) {
    return {part.idempotency->key, part.idempotency->fingerprint + ":" + part.chain + (part.last ? ":last" : "")};
}

std::string text_of(const stored_part& stored) {
    return std::to_string(stored.accepted) + " " + stored.first_id + " " + stored.last_id;
}

stored_part stored_from(std::string_view text) {
    stored_part stored;
    const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
    std::from_chars(text.data(), text.data() + first, stored.accepted);
    stored.first_id = text.substr(first + 1, second - first - 1);
    stored.last_id = text.substr(second + 1);
    return stored;
}

}  // namespace

result<stored_part> store(write_session& session, const event_part& part, reply& into, slicing how, std::size_t from) {
    into.clear();
    std::optional<idempotency> identity;
    first_outcome asked{nullptr, "ingest_events", part.number, part.received_at};
    stored_part stored;
    if (part.idempotency) {
        identity = identity_of(part);
        asked.asked = &*identity;
        auto known = recall(session, asked, into);
        if (!known) return known.error();
        // What an earlier request stored of the part stays; an event whose turn had not come then goes in now.
        if (*known) stored = stored_from(into.body);
        if (*known && stored.accepted >= static_cast<std::int64_t>(part.events.size())) return stored;
        if (*known) from = static_cast<std::size_t>(stored.accepted);
    }
    auto reached = insert(session, part, from, how);
    if (!reached) return reached.error();
    stored.accepted = static_cast<std::int64_t>(*reached);
    if (!part.events.empty()) {
        if (stored.first_id.empty()) stored.first_id = part.events.front().id;
        stored.last_id = part.events[*reached - 1].id;
    }
    if (identity) {
        into.body = text_of(stored);
        if (auto done = keep(session, asked, into); !done) return done.error();
        into.body.clear();
    }
    return stored;
}

}  // namespace carrel::siem
