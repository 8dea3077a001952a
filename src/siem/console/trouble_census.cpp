#include "siem/console/trouble_census.hpp"

#include "siem/feed_family.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

// One that is being read still has the error of the last time. A success that is no longer in the history counts as none, so
// the number is bounded by what a history keeps.
std::string failures_sql(const feed_family& of) {
    const std::string feeds(of.feeds().table), history(of.history().table);
    return "SELECT (SELECT count(*) FROM " + history +
           " WHERE feed_id = f.id AND kind = 0 AND state = 3 AND seq > ifnull((SELECT max(seq) FROM " + history +
           " WHERE feed_id = f.id AND kind = 0 AND state = 2), 0)) FROM " + feeds +
           " f WHERE f.status IN (2, 3) AND f.enabled = 1 AND f.last_error IS NOT NULL";
}

result<feed_troubles> count_feeds(const feed_family& of, read_session& session) {
    auto failures = session.all<std::int64_t>(read_sql::dynamic(failures_sql(of)));
    if (!failures) return failures.error();
    feed_troubles made{.kind = of.feeds().name, .failing = static_cast<std::int64_t>(failures->size())};
    for (const std::int64_t each : *failures) made.consecutive_failures = std::max(made.consecutive_failures, each);
    return made;
}

}  // namespace

result<trouble_census> count_troubles(read_session& session) {
    trouble_census made;
    for (const feed_family& each : feed_families()) {
        auto counted = count_feeds(each, session);
        if (!counted) return counted.error();
        made.feeds.push_back(*counted);
    }
    auto listeners = session.first_integer("SELECT count(*) FROM listeners WHERE status = 3");
    if (!listeners) return listeners.error();
    made.listeners_failing = listeners->value_or(0);
    auto letters =
        session.first_integer(read_sql("SELECT count(*) FROM (SELECT 1 FROM dead_letters WHERE status = 0 LIMIT ?)"),
                              trouble_census::letters_max + 1);
    if (!letters) return letters.error();
    made.letters_pending = letters->value_or(0);
    return made;
}

}  // namespace carrel::siem
