#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/feed_family.hpp"

#include <iterator>

// What feeds have beside what all resources have. A synchronisation is an entry of the feed's history that the thread of feeds
// finds there.
#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t history_kept = 200;  // entries of a feed

// `rule feed`, for summaries.
std::string words_of(const resource& of) {
    std::string noun(of.name);
    std::replace(noun.begin(), noun.end(), '_', ' ');
    return noun;
}

result<void> drop_old(const resource& history, write_session& session, const std::string& feed) {
    const std::string table(history.table);
    return session.execute(
        write_sql::dynamic("DELETE FROM " + table + " WHERE state >= 2 AND seq IN (SELECT seq FROM " + table +
                           " WHERE feed_id = ? ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)"),
        feed, history_kept - 1);
}

result<void> begin(const feed_family& of, sync_kind kind, write_session& session, const call& request, reply& into) {
    into.clear();
    const resource &feeds = of.feeds(), &history = of.history();
    auto feed = load(feeds, session, request, into);
    if (!feed) return feed.error();
    if (kind == sync_kind::sync && feed->integer(feeds.position("enabled")) == 0)
        return refuse(into, {problem_code::conflict, "the feed is disabled", {}});
    auto queued = queue_sync(of, session, request, kind, 0, into);
    if (!queued) return queued.error();
    if (!*queued) return refuse(into, {problem_code::conflict, "the feed is being read already", {}});
    into.kind = outcome::accepted;
    into.location = history.location(request, request.fresh_id);
    append_record(history, **queued, into.body);
    return {};
}

operation begin_operation(const feed_family& of, sync_kind kind) {
    const std::string verb(kind == sync_kind::sync ? "sync" : "test"), noun = words_of(of.feeds());
    operation made =
        make_operation(of.feeds(), method::post, "/{id}/" + verb, verb + "_" + std::string(of.feeds().name),
                       kind == sync_kind::sync ? "Has a " + noun + " read and stored, in the background."
                                               : "Has a " + noun + " read; stores nothing.");
    made.success = outcome::accepted;
    made.is_about_version = false;
    made.reply_schema = R"({"$ref":"#/components/schemas/)" + std::string(of.history().name) + R"("})";
    made.write = [of, kind](const operation&, write_session& session, const call& request, reply& into) {
        return begin(of, kind, session, request, into);
    };
    return made;
}

operation switch_operation(const feed_family& of, bool enabled) {
    const std::string verb = enabled ? "enable" : "disable";
    operation made = make_operation(
        of.feeds(), method::post, "/{id}/" + verb, verb + "_" + std::string(of.feeds().name),
        std::string(enabled ? "Switches a " : "Switches off a ") + words_of(of.feeds()) + (enabled ? " on." : "."));
    made.write = [of, enabled](const operation&, write_session& session, const call& request,
                               reply& into) -> result<void> {
        into.clear();
        auto before = load(of.feeds(), session, request, into);
        if (!before) return before.error();
        record after = *before;
        after.values[of.feeds().position("enabled")] = std::int64_t{enabled};
        std::vector<fault> faults;
        check_feed(of.feeds(), request, &*before, after, faults);
        if (!faults.empty()) return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
        return save(of.feeds(), session, request, *before, std::move(after), {}, into);
    };
    return made;
}

struct health {
    std::int64_t total = 0, active = 0, disabled = 0, failed = 0, syncing = 0;
    std::optional<std::int64_t> last_sync_at;
};

result<void> summarise(const resource& feeds, read_session& session, reply& into) {
    into.clear();
    const std::string table(feeds.table);
    std::array<std::int64_t, feed_statuses.size()> counts{};
    auto done = session.each<std::tuple<std::int64_t, std::int64_t>>(
        read_sql::dynamic("SELECT status, count(*) FROM " + table + " GROUP BY status"), [&](auto&& row) {
            if (const auto place = static_cast<std::size_t>(std::get<0>(row)); place < counts.size())
                counts[place] = std::get<1>(row);
        });
    if (!done) return done;
    auto last = session.first_integer(read_sql::dynamic("SELECT max(last_sync_at) FROM " + table));
    if (!last) return last.error();
    std::int64_t total = 0;
    for (const std::int64_t each : counts) total += each;
    const auto count = [&](feed_status of) { return counts[static_cast<std::size_t>(of)]; };
    json::writer out(into.body);
    out.begin_object().key("total").integer(total).key("by_status").begin_object();
    for (std::size_t i = 0; i < counts.size(); ++i) out.key(feed_statuses[i]).integer(counts[i]);
    out.end_object().key("health").string(count(feed_status::error) > 0      ? "error"
                                          : count(feed_status::disabled) > 0 ? "warning"
                                                                             : "healthy");
    out.key("last_sync_at");
    if (*last) {
        std::string text;
        append_time(text, **last);
        out.string(text);
    } else {
        out.null();
    }
    out.end_object();
    return {};
}

operation summary_operation(const feed_family& of) {
    operation made =
        make_operation(of.feeds(), method::get, "/summary", "summarise_" + std::string(of.feeds().name) + "s",
                       "How many " + words_of(of.feeds()) + "s there are, and how they are.");
    made.is_about_version = false;
    made.reply_schema =
        R"({"type":"object","required":["total","by_status","health","last_sync_at"],"properties":{)"
        R"("total":{"type":"integer"},"by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
        R"("health":{"enum":["healthy","warning","error"]},)"
        R"("last_sync_at":{"type":["string","null"],"format":"date-time"}}})";
    made.read = [of](const operation&, read_session& session, const call&, reply& into) {
        return summarise(of.feeds(), session, into);
    };
    return made;
}

}  // namespace

result<std::optional<record>> queue_sync(const feed_family& of, write_session& session, const call& request,
                                         sync_kind kind, std::size_t trigger, reply& into) {
    const resource& history = of.history();
    auto open = session.first_integer(
        read_sql::dynamic("SELECT 1 FROM " + std::string(history.table) + " WHERE feed_id = ? AND state < 2 LIMIT 1"),
        request.path[0]);
    if (!open) return open.error();
    if (*open) return std::optional<record>();
    if (auto done = drop_old(history, session, request.path[0]); !done) return done.error();
    record row;
    if (auto wrong = make_record(history, request, given_members(history.fields.size()), row); !wrong.empty())
        return refuse(into, problem_of(problem_code::invalid, std::move(wrong)));
    row.values[history.position("kind")] = static_cast<std::int64_t>(kind);
    row.values[history.position("trigger")] = static_cast<std::int64_t>(trigger);
    if (auto done = add(history, session, request, row, into); !done) return done.error();
    return std::optional<record>(std::move(row));
}

std::vector<operation> feed_family_operations(const feed_family& of) {
    const std::string name(of.feeds().name);
    std::vector<operation> all = common_operations(of.feeds());
    for (operation& each : all) {
        if (each.id.starts_with("list_")) each.id = "list_" + name + "s";
        if (each.id.starts_with("count_")) each.id = "count_" + name + "s";
        if (each.id.starts_with("change_many_")) each.id = "change_many_" + name + "s";
    }
    all.push_back(switch_operation(of, true));
    all.push_back(switch_operation(of, false));
    all.push_back(begin_operation(of, sync_kind::sync));
    all.push_back(begin_operation(of, sync_kind::test));
    all.push_back(summary_operation(of));
    operation list = list_operation(of.history()), one = get_operation(of.history());
    list.id = "list_" + name + "_history";
    list.summary = "Lists what came of a " + words_of(of.feeds()) + ".";
    all.push_back(std::move(list));
    all.push_back(std::move(one));
    return all;
}

}  // namespace carrel::siem
