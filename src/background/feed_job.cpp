#include "background/feed_job.hpp"

#include "background/feed_fetch.hpp"
#include "background/worker.hpp"
#include "json/writer.hpp"
#include "siem/feed_schedule.hpp"

namespace carrel::siem {

namespace {

using base::failure;
using base::outcome;

std::string stats_text(const sync_result& of) {
    std::string text;
    json::writer out(text);
    out.begin_object();
    for (const auto& [name, count] : of.counts) out.key(name).integer(count);
    out.end_object();
    return text;
}

// One run of a feed, from `syncing` to what came of it.
class feed_run {
public:
    feed_run(database& store, const feed_family& of, const feed_job& job, const log_sink& log, work_counts& counts,
             const std::stop_token& stop)
        : store_(store),
          of_(of),
          job_(job),
          log_(log),
          counts_(counts),
          stop_(stop),
          feeds_(of.feeds().table),
          history_(of.history().table) {
        request_.path[0] = job.feed_id;
        request_.now = wall_clock();
        request_.principal = "system";
    }

    result<void> run() {
        auto feed = begin();
        if (!feed) return feed.error();
        if (!*feed) return {};  // deleted, with its history
        feed_ = **feed;
        auto done = read();
        if (!done) return done.error();
        if (*done) {
            if (is_sync()) ++counts_.syncs_succeeded;
            return {};
        }
        // What a stop broke off is recorded when feeds begin again, and then begins again, too.
        if (stop_.stop_requested()) return {};
        return fail(done->error().text);
    }

private:
    bool is_sync() const { return job_.kind == sync_kind::sync; }

    result<std::optional<record>> begin() {
        auto done = store_.write(
            [this](write_session& session) -> result<std::optional<record>> {
                auto begun = session.execute(
                    write_sql::dynamic("UPDATE " + history_ + " SET state = 1, started_at = ? WHERE seq = ?"),
                    request_.now, job_.seq);
                if (!begun) return begun.error();
                if (is_sync())
                    if (auto set = set_feed(session, "status = 3"); !set) return set.error();
                return find(of_.feeds(), session, job_.feed_id);
            },
            background_options());
        if (!done) return done.error();
        return std::move(done->value);
    }

    template <class... Values>
    result<void> set_feed(write_session& session, const std::string& what, const Values&... values) const {
        return session.execute(write_sql::dynamic("UPDATE " + feeds_ + " SET version = version + 1, updated_at = ?, " +
                                                  what + " WHERE id = ?"),
                               request_.now, values..., job_.feed_id);
    }

    // Inside: why the feed cannot be read. Outside: that the database failed.
    result<outcome<void>> read() {
        auto source = source_of(of_.feeds(), feed_);
        if (!source) return outcome<void>(source.error());
        source->takes_file = of_.takes_file;
        if (!is_sync()) source->etag = source->last_modified = {};
        const auto fetched = fetch_source(*source, outbound_in_force(), stop_);
        if (!fetched) return outcome<void>(fetched.error());
        if (fetched->is_unchanged) return finish_unchanged();
        auto prepared = of_.prepare(feed_, *fetched, request_);
        if (!prepared) return outcome<void>(prepared.error());
        return is_sync() ? store(**prepared, *fetched) : finish_test(**prepared);
    }

    // The last piece, and all of it if there is one, is stored together with what came of it.
    result<outcome<void>> store(const prepared_feed& from, const fetched_source& fetched) {
        sync_result so_far = from.found();
        for (std::size_t next = 0;;) {
            if (stop_.stop_requested()) return outcome<void>(failure{"the server stopped meanwhile"});
            sync_result now = so_far;
            auto done = store_.write(
                [&](write_session& session) -> result<std::size_t> {
                    now = so_far;
                    auto stored = from.store(session, request_, next, now);
                    if (!stored || *stored < from.size()) return stored;
                    if (auto kept = succeed(session, now, {}); !kept) return kept.error();
                    if (auto set = settle_feed(session, now, fetched); !set) return set.error();
                    return stored;
                },
                background_options());
            if (!done) return outcome<void>(failure{"it could not be stored: ", done.error().code().message()});
            so_far = std::move(now);
            next = done->value;
            if (next >= from.size()) break;
        }
        log(log_level::info, "feed " + job_.feed_id + " was read: " + stats_text(so_far));
        return outcome<void>();
    }

    // The feed as it is by now: a client may have changed or deleted it meanwhile.
    result<void> settle_feed(write_session& session, const sync_result& what, const fetched_source& fetched) {
        auto now = find(of_.feeds(), session, job_.feed_id);
        if (!now) return now.error();
        if (!*now) return {};
        const bool is_same = (*now)->integer(of_.feeds().version) == feed_.integer(of_.feeds().version);
        const auto text = [&](const std::string& of) { return of.empty() || !is_same ? value() : value(of); };
        return set_feed(session,
                        "status = iif(enabled = 1, 0, 1), last_error = NULL, last_sync_at = ?, next_sync_at = ?, "
                        "stats = ?, etag = ?, last_modified = ?",
                        request_.now, next_time(**now), stats_text(what), text(fetched.etag),
                        text(fetched.last_modified));
    }

    // Without what describes its files: those stay as they were.
    result<void> settle_feed(write_session& session, const std::string& what, const std::string& why) {
        auto now = find(of_.feeds(), session, job_.feed_id);
        if (!now) return now.error();
        if (!*now) return {};
        return set_feed(session, what + ", last_error = ?, next_sync_at = ?", why.empty() ? value() : value(why),
                        next_time(**now));
    }

    value next_time(const record& feed) const {
        const resource& of = of_.feeds();
        const auto* const text = feed.text(of.position("update_schedule"));
        const bool is_scheduled =
            static_cast<update_strategy>(feed.integer(of.position("update_strategy"))) == update_strategy::scheduled;
        const bool comes_again = text != nullptr && is_scheduled && feed.integer(of.position("enabled")) != 0;
        const auto schedule = comes_again ? feed_schedule::parse(*text) : std::nullopt;
        const auto next = schedule ? schedule->next(wall_clock()) : std::nullopt;
        if (next) return *next;
        return {};
    }

    result<void> succeed(write_session& session, const sync_result& what, const std::string& detail) const {
        return session.execute(write_sql::dynamic("UPDATE " + history_ +
                                                  " SET state = 2, finished_at = ?, detail = ?, stats = ?, items = ? "
                                                  "WHERE seq = ?"),
                               wall_clock(), detail.empty() ? value() : value(detail), stats_text(what), what.items,
                               job_.seq);
    }

    result<outcome<void>> finish_test(const prepared_feed& from) {
        auto done = store_.write(
            [&](write_session& session) { return succeed(session, from.found(), "nothing was stored: it was a test"); },
            background_options());
        if (!done) return done.error();
        return outcome<void>();
    }

    result<outcome<void>> finish_unchanged() {
        auto done = store_.write(
            [&](write_session& session) -> result<void> {
                if (auto kept = succeed(session, {}, "nothing has changed since the last time"); !kept) return kept;
                return settle_feed(
                    session, "status = iif(enabled = 1, 0, 1), last_sync_at = " + std::to_string(request_.now), {});
            },
            background_options());
        if (!done) return done.error();
        return outcome<void>();
    }

    result<void> fail(const std::string& why) {
        auto done = store_.write(
            [&](write_session& session) -> result<void> {
                auto kept =
                    session.execute(write_sql::dynamic("UPDATE " + history_ +
                                                       " SET state = 3, finished_at = ?, detail = ? WHERE seq = ?"),
                                    wall_clock(), why, job_.seq);
                if (!kept || !is_sync()) return kept;
                return settle_feed(session, "status = iif(enabled = 1, 2, 1)", why);
            },
            background_options());
        if (!done) return done.error();
        if (is_sync()) ++counts_.syncs_failed;
        log(log_level::warning, "feed " + job_.feed_id + " could not be read: " + why);
        return {};
    }

    void log(log_level level, const std::string& text) const {
        if (log_) log_(level, text);
    }

    database& store_;
    const feed_family& of_;
    const feed_job& job_;
    const log_sink& log_;
    work_counts& counts_;
    const std::stop_token& stop_;
    const std::string feeds_, history_;
    call request_;
    record feed_;
};

}  // namespace

result<void> run_feed_job(database& store, const feed_family& of, const feed_job& job, const log_sink& log,
                          work_counts& counts, const std::stop_token& stop) {
    return feed_run(store, of, job, log, counts, stop).run();
}

}  // namespace carrel::siem
