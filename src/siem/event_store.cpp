#include "siem/event_store.hpp"

#include "resource/idempotency.hpp"
#include "resource/problems.hpp"

#include <algorithm>
#include <charconv>

namespace carrel::siem {

namespace {

// The bytes up to the end of this part, and whether they were all: the same key with a longer body is another request.
idempotency identity_of(const event_part& part) {
    return {part.idempotency->key, part.idempotency->fingerprint + ":" + part.chain + (part.last ? ":last" : "")};
}

std::string text_of(const stored_part& stored) {
    return std::to_string(stored.accepted) + " " + stored.first_id + " " + stored.last_id + " " +
           std::to_string(stored.duplicates) + " " + std::to_string(stored.untimed);
}

std::string_view next_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

void read_count(std::string_view word, std::int64_t& into) {
    std::from_chars(word.data(), word.data() + word.size(), into);
}

// An earlier version kept neither duplicates nor what was untimed.
stored_part stored_from(std::string_view text) {
    stored_part stored;
    read_count(next_word(text), stored.accepted);
    stored.first_id = next_word(text);
    stored.last_id = next_word(text);
    read_count(next_word(text), stored.duplicates);
    read_count(next_word(text), stored.untimed);
    return stored;
}

stored_part outcome_of(const event_part& part) {
    stored_part stored;
    stored.accepted = part.events;
    stored.untimed = static_cast<std::int64_t>(part.untimed.size());
    if (part.events == 0) return stored;
    stored.first_id = siem::text_of(part.first_id);
    stored.last_id = siem::text_of(part.last_id);
    return stored;
}

blob_view bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

std::string key_of(const uuid& id) {
    std::string key(16, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        key[i] = static_cast<char>(id.high >> (56 - 8 * i));
        key[8 + i] = static_cast<char>(id.low >> (56 - 8 * i));
    }
    return key;
}

result<bool> take_out(write_session& session, const segment_source& source) {
    auto there = session.first_integer(
        "SELECT 1 FROM event_segments JOIN segment_positions ON segment = seq "
        "WHERE seq = ? AND events = ? AND first = ? AND last = ?",
        source.seq, source.events, source.first, source.last);
    if (!there) return there.error();
    if (!*there) return false;
    if (auto done = session.execute("DELETE FROM segment_positions WHERE segment = ?", source.seq); !done)
        return done.error();
    if (auto done = session.execute("DELETE FROM segment_summaries WHERE segment = ?", source.seq); !done)
        return done.error();
    if (auto done = session.execute("DELETE FROM event_segments WHERE seq = ?", source.seq); !done) return done.error();
    return true;
}

result<std::int64_t> take_positions(write_session& session, std::int64_t count) {
    auto first =
        session.first<std::int64_t>(write_sql("UPDATE event_sequence SET next = next + ?1 RETURNING next - ?1"), count);
    if (!first) return first.error();
    if (!*first) return error(make_error_code(sqlite_errc::corrupt), "the sequence of the events is missing");
    return **first;
}

result<void> insert_segment(write_session& session, const segments::segment& made,
                            const segments::position_list& positions, std::optional<std::int64_t> number) {
    auto row = session.prepare(
        write_sql("INSERT INTO event_segments(seq, sealed, events, bytes, from_at, to_at, from_id, to_id, "
                  "filter, columns, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    if (!row) return row.error();
    const std::string from_id = key_of(made.from_id), to_id = key_of(made.to_id);
    auto done = row->bind(number, made.is_sealed, made.events, made.bytes, made.from_at, made.to_at, bytes_of(from_id),
                          bytes_of(to_id), bytes_of(made.filter), bytes_of(made.columns), bytes_of(made.data))
                    .run();
    if (!done) return done;
    const std::int64_t seq = number.value_or(session.last_insert_rowid());
    done = session.execute("INSERT INTO segment_summaries(segment, paths, texts) VALUES (?, ?, ?)", seq,
                           bytes_of(made.paths), bytes_of(made.texts));
    if (!done) return done;
    const auto gaps = positions.gaps.empty() ? std::nullopt : std::optional(bytes_of(positions.gaps));
    return session.execute("INSERT INTO segment_positions(segment, first, last, gaps) VALUES (?, ?, ?, ?)", seq,
                           positions.first, positions.last, gaps);
}

namespace {

result<void> insert_segments(write_session& session, const std::vector<segments::segment>& made, std::int64_t events) {
    if (made.empty()) return {};
    auto next = take_positions(session, events);
    if (!next) return next.error();
    for (const segments::segment& each : made) {
        if (auto done = insert_segment(session, each, segments::positions_from(*next, each.events)); !done) return done;
        *next += each.events;
    }
    return {};
}

// Stores what is not known yet. The usual part has no event that is.
result<stored_part> store_new(write_session& session, const event_part& part) {
    auto known = keep_identities(session, part);
    if (!known) return known.error();
    stored_part stored = outcome_of(part);
    if (known->empty()) {
        if (auto done = insert_segments(session, part.segments, part.events); !done) return done.error();
        return stored;
    }
    auto left = part_without(part, *known);
    if (!left) return left.error();
    if (auto done = insert_segments(session, left->segments, left->events); !done) return done.error();
    stored.accepted = left->events;
    stored.first_id = left->events == 0 ? "" : siem::text_of(left->first_id);
    stored.last_id = left->events == 0 ? "" : siem::text_of(left->last_id);
    stored.duplicates = static_cast<std::int64_t>(known->size());
    stored.untimed -= std::count_if(part.untimed.begin(), part.untimed.end(), [&](std::uint32_t place) {
        return std::binary_search(known->begin(), known->end(), place);
    });
    stored.duplicate_places = std::move(*known);
    return stored;
}

}  // namespace

result<stored_part> store(write_session& session, const event_part& part, reply& into) {
    into.clear();
    std::optional<idempotency> identity;
    first_outcome outcome{nullptr, "ingest_events", part.number, part.received_at};
    if (part.idempotency) {
        identity = identity_of(part);
        outcome.given = &*identity;
        auto known = recall(session, outcome, into);
        if (!known) return known.error();
        if (*known) return stored_from(into.body);
    }
    auto stored = store_new(session, part);
    if (stored && identity) {
        into.body = text_of(*stored);
        if (auto done = keep(session, outcome, into); !done) return done.error();
        into.body.clear();
    }
    return stored;
}

}  // namespace carrel::siem
