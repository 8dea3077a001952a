#include "siem/listeners/listener_store.hpp"

#include "siem/mappings_in_force.hpp"

namespace carrel::siem {

namespace {

std::optional<std::int64_t> integer_at(const record& row, std::string_view name) {
    const std::size_t place = listeners().position(name);
    if (!row.has(place)) return std::nullopt;
    return row.integer(place);
}

std::string text_at(const record& row, std::string_view name) {
    const std::string* text = row.text(listeners().position(name));
    return text == nullptr ? std::string() : *text;
}

std::int64_t number_at(const record& row, std::string_view name) { return integer_at(row, name).value_or(0); }

stored_listener from_record(const record& row) {
    stored_listener made;
    made.row = row.row;
    made.id = text_at(row, "id");
    made.name = text_at(row, "name");
    made.type = static_cast<listener_type>(number_at(row, "type"));
    made.protocol = static_cast<listener_protocol>(number_at(row, "protocol"));
    made.host = text_at(row, "host");
    made.port = static_cast<std::uint16_t>(number_at(row, "port"));
    made.is_wanted = number_at(row, "enabled") != 0;
    made.status = static_cast<listener_status>(number_at(row, "status"));
    made.status_detail = text_at(row, "status_detail");
    made.started_at = integer_at(row, "started_at");
    made.restarts = number_at(row, "restarts");
    made.connections_max = static_cast<std::size_t>(number_at(row, "connections_max"));
    made.message_bytes_max = static_cast<std::size_t>(number_at(row, "message_bytes_max"));
    made.idle_seconds = number_at(row, "idle_seconds");
    made.source = text_at(row, "source");
    made.tags = text_at(row, "tags");
    made.fields = text_at(row, "fields");
    made.version = number_at(row, "version");
    append_record(listeners(), row, made.json);
    return made;
}

using counts_row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                              std::int64_t, std::optional<std::int64_t>>;

result<void> load_counts(read_session& session, stored_listener& into) {
    auto row = session.first<counts_row>(
        read_sql("SELECT received, stored, dead_letters, dropped, lost, cut, refused, last_event_at "
                 "FROM listener_counts WHERE listener = ?"),
        into.row);
    if (!row) return row.error();
    if (!*row) return {};
    auto& counted = into.counted;
    std::tie(counted.received, counted.stored, counted.dead_letters, counted.dropped, counted.lost, counted.cut,
             counted.refused, counted.last_event_at) = **row;
    return {};
}

// A mapping of its own goes before those that all events are read by.
result<void> load_own_mappings(read_session& session, const std::string& mapping, stored_listener& into) {
    if (mapping.empty()) return {};
    auto own = session.all<std::string>(read_sql("SELECT mappings FROM field_mappings WHERE id = ?"), mapping);
    if (!own) return own.error();
    auto others = load_mappings(session);
    if (!others) return others.error();
    into.mappings = std::move(*own);
    for (std::string& each : others->texts) into.mappings.push_back(std::move(each));
    return {};
}

result<void> write_counts(write_session& session, const listener_progress& of) {
    const auto& counted = of.counted;
    return session.execute(
        "INSERT INTO listener_counts(listener, received, stored, dead_letters, dropped, lost, cut, refused, "
        "last_event_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 "
        "WHERE EXISTS (SELECT 1 FROM listeners WHERE seq = ?1) "
        "ON CONFLICT(listener) DO UPDATE SET received = ?2, stored = ?3, dead_letters = ?4, dropped = ?5, lost = ?6, "
        "cut = ?7, refused = ?8, last_event_at = ?9",
        of.row, counted.received, counted.stored, counted.dead_letters, counted.dropped, counted.lost, counted.cut,
        counted.refused, counted.last_event_at ? value(*counted.last_event_at) : value());
}

}  // namespace

result<std::optional<stored_listener>> load_listener(read_session& session, std::string_view id) {
    auto row = find(listeners(), session, id);
    if (!row) return row.error();
    if (!*row) return std::optional<stored_listener>();
    stored_listener made = from_record(**row);
    if (auto done = load_counts(session, made); !done) return done.error();
    if (auto done = load_own_mappings(session, text_at(**row, "field_mapping"), made); !done) return done.error();
    return std::optional<stored_listener>(std::move(made));
}

result<std::vector<std::string>> load_listeners_to_settle(read_session& session) {
    return session.all<std::string>(read_sql(
        "SELECT id FROM listeners WHERE enabled = 1 UNION SELECT id FROM listeners WHERE status IN (1, 2, 3)"));
}

result<std::optional<settled_listener>> settle_listener(write_session& session, const listener_progress& of) {
    if (auto done = write_counts(session, of); !done) return done.error();
    if (of.status) {
        const auto status = static_cast<std::int64_t>(*of.status);
        const bool runs = *of.status == listener_status::running;
        auto done = session.execute(
            "UPDATE listeners SET version = version + 1, updated_at = ?2, status = ?3, status_detail = ?4, "
            "started_at = iif(?5, ?2, started_at), stopped_at = iif(?5, NULL, ?2) WHERE seq = ?1",
            of.row, of.at, status, of.status_detail.empty() ? value() : value(of.status_detail), std::int64_t{runs});
        if (!done) return done.error();
    }
    auto id = session.first<std::string>(read_sql("SELECT id FROM listeners WHERE seq = ?"), of.row);
    if (!id) return id.error();
    if (!*id) return std::optional<settled_listener>();
    auto row = find(listeners(), session, **id);
    if (!row) return row.error();
    settled_listener made;
    append_record(listeners(), **row, made.json);
    made.version = (*row)->integer(listeners().version);
    return std::optional<settled_listener>(std::move(made));
}

result<void> count_listeners(write_session& session, std::span<const listener_progress> all) {
    for (const auto& each : all)
        if (auto done = write_counts(session, each); !done) return done;
    return {};
}

}  // namespace carrel::siem
