#include "siem/event_census.hpp"

#include <string>

namespace carrel::siem {

namespace {

struct totals_row {
    std::int64_t segments = 0, events = 0;
    std::optional<std::int64_t> first;
};

// The milliseconds since 1970 that a UUIDv7 begins with, RFC 9562 5.7.
result<std::optional<timestamp>> received_at(read_session& session, std::int64_t segment) {
    auto id = session.first<std::string>(
        read_sql("SELECT hex(substr(from_id, 1, 6)) FROM event_segments WHERE seq = ?"), segment);
    if (!id) return id.error();
    if (!*id) return std::optional<timestamp>();
    return std::optional<timestamp>(std::stoll(**id, nullptr, 16) * 1000);
}

}  // namespace

result<event_census> take_census(read_session& session) {
    event_census found;
    auto all =
        session.first<totals_row>(read_sql("SELECT count(*), coalesce(sum(events), 0), min(from_at) FROM "
                                           "event_segments INDEXED BY event_segments_by_begin"));
    if (!all) return all.error();
    auto fresh = session.first<totals_row>(
        read_sql("SELECT count(*), coalesce(sum(events), 0), min(seq) FROM event_segments INDEXED BY "
                 "event_segments_fresh WHERE sealed = 0"));
    if (!fresh) return fresh.error();
    if (*all) found = {(*all)->segments, (*all)->events, 0, 0, (*all)->first, {}};
    if (!*fresh || !(*fresh)->first) return found;
    found.fresh_segments = (*fresh)->segments;
    found.fresh_events = (*fresh)->events;
    auto since = received_at(session, *(*fresh)->first);
    if (!since) return since.error();
    found.fresh_since = *since;
    return found;
}

}  // namespace carrel::siem
