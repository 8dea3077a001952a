#include "background/feed_runner.hpp"

#include "background/feed_job.hpp"
#include "base/uuid.hpp"
#include "siem/feed_family.hpp"

namespace carrel::siem {

namespace {

constexpr std::chrono::seconds due_every{1};
constexpr std::int64_t due_max = 100;  // feeds that are queued in one transaction

std::string table_of(const resource& of) { return std::string(of.table); }

// The ids of the feeds that a condition finds become entries of the history.
result<void> queue(const feed_family& of, write_session& session, std::int64_t now, const std::string& condition,
                   update_strategy why) {
    auto due = session.all<std::string>(read_sql::dynamic("SELECT id FROM " + table_of(of.feeds()) +
                                                          " WHERE enabled = 1 AND " + condition + " LIMIT ?"),
                                        due_max);
    if (!due) return due.error();
    uuid_generator fresh;
    for (const std::string& id : *due) {
        call request;
        request.path[0] = id;
        request.now = now;
        request.principal = "system";
        request.fresh_id = fresh();
        reply ignored;
        auto queued = queue_sync(of, session, request, sync_kind::sync, static_cast<std::size_t>(why), ignored);
        if (!queued) return queued.error();
    }
    return {};
}

std::string is_due(std::int64_t now) { return "next_sync_at IS NOT NULL AND next_sync_at <= " + std::to_string(now); }

// Scheduled feeds whose time has come are queued, and have none until they have been read.
result<void> queue_due(database& store, const feed_family& of, std::int64_t now) {
    const std::string table = table_of(of.feeds());
    auto due = store.read([&](read_session& session) -> result<bool> {
        auto found =
            session.first_integer(read_sql::dynamic("SELECT 1 FROM " + table + " WHERE " + is_due(now) + " LIMIT 1"));
        if (!found) return found.error();
        return found->has_value();
    });
    if (!due) return due.error();
    if (!*due) return {};
    auto done = store.write(
        [&](write_session& session) -> result<void> {
            if (auto queued = queue(of, session, now, is_due(now), update_strategy::scheduled); !queued) return queued;
            return session.execute(
                write_sql::dynamic("UPDATE " + table + " SET next_sync_at = NULL WHERE seq IN (SELECT seq FROM " +
                                   table + " WHERE " + is_due(now) + " LIMIT " + std::to_string(due_max) + ")"));
        },
        background_options());
    if (!done) return done.error();
    return {};
}

result<std::optional<feed_job>> next_job(database& store, const feed_family& of) {
    return store.read([&](read_session& session) -> result<std::optional<feed_job>> {
        auto row = session.first<std::tuple<std::int64_t, std::string, std::int64_t>>(read_sql::dynamic(
            "SELECT seq, feed_id, kind FROM " + table_of(of.history()) + " WHERE state = 0 ORDER BY seq LIMIT 1"));
        if (!row) return row.error();
        if (!*row) return std::optional<feed_job>();
        return std::optional<feed_job>(
            feed_job{std::get<0>(**row), std::get<1>(**row), static_cast<sync_kind>(std::get<2>(**row))});
    });
}

result<void> end_broken_off(const feed_family& of, write_session& session, std::int64_t now) {
    auto done = session.execute(write_sql::dynamic("UPDATE " + table_of(of.history()) +
                                                   " SET state = 3, finished_at = ?, detail = "
                                                   "'the server stopped meanwhile' WHERE state = 1"),
                                now);
    if (!done) return done;
    // With the schedule it had: the next look makes it due at once.
    return session.execute(
        write_sql::dynamic("UPDATE " + table_of(of.feeds()) +
                           " SET status = iif(enabled = 1, 2, 1), last_error = 'the server stopped meanwhile', "
                           "version = version + 1, updated_at = ?1, next_sync_at = iif(enabled = 1 AND "
                           "update_strategy = 2, ?1, NULL) WHERE status = 3"),
        now);
}

}  // namespace

result<void> begin_feeds(database& store, std::int64_t now) {
    auto done = store.write(
        [&](write_session& session) -> result<void> {
            for (const feed_family& each : feed_families()) {
                if (auto ended = end_broken_off(each, session, now); !ended) return ended;
                // What a client makes before this thread comes to it was not there at the start.
                const auto wanted = "update_strategy = 1 AND created_at <= " + std::to_string(now);
                if (auto queued = queue(each, session, now, wanted, update_strategy::startup); !queued) return queued;
            }
            return {};
        },
        background_options());
    if (!done) return done.error();
    return {};
}

result<bool> run_feed(database& store, std::int64_t now, log_sink log, work_counts& counts,
                      const std::stop_token& stop) {
    for (const feed_family& each : feed_families()) {
        if (auto queued = queue_due(store, each, now); !queued) return queued.error();
        auto job = next_job(store, each);
        if (!job) return job.error();
        if (!*job) continue;
        if (auto done = run_feed_job(store, each, **job, log, counts, stop); !done) return done.error();
        return true;
    }
    return false;
}

feed_runner::feed_runner(database& store, log_sink log, work_counts& counts)
    : feeds_(store, due_every),
      worker_(
          [this, &store, &counts, log, started_at = wall_clock(),
           has_begun = false](const std::stop_token& stop) mutable -> result<bool> {
              if (!has_begun)
                  if (auto begun = begin_feeds(store, started_at); !begun) return begun.error();
              has_begun = true;
              return feeds_.look([&] { return run_feed(store, wall_clock(), log, counts, stop); });
          },
          log, "feeds could not be looked after") {}

}  // namespace carrel::siem
