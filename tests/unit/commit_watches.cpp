// When it is worth while to look for work: after a commit, after work, after a failure, and when something may have come due.
#include "siem/commit_watch.hpp"
#include "support/temp_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;
using namespace std::chrono_literals;

namespace {

struct watched {
    explicit watched(std::optional<std::chrono::milliseconds> due_every = {})
        : watch(store, due_every) {}
    static database open(const std::string& path) {
        options settings;
        settings.path = path;
        settings.default_durability = durability::normal;
        return database::open(settings).value();
    }
    void commit() {
        store.write([](write_session& session) { return session.execute("CREATE TABLE IF NOT EXISTS t(a)"); }).value();
        store.write([](write_session& session) { return session.execute("INSERT INTO t VALUES (1)"); }).value();
    }
    // Whether it was looked, and what the look comes to.
    bool looks(const result<bool>& found = false) {
        bool has_looked = false;
        const auto done = watch.look([&]() -> result<bool> {
            has_looked = true;
            return found;
        });
        BOOST_TEST(done.has_value() == (found.has_value() || !has_looked));
        if (done) BOOST_TEST(*done == (has_looked && *found));
        return has_looked;
    }

    temp_directory folder;
    database store = open(folder.file("watched.db"));
    siem::commit_watch watch;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_watches)

BOOST_AUTO_TEST_CASE(nobody_looks_twice_at_what_has_not_changed) {
    watched w;
    BOOST_TEST(w.looks());
    BOOST_TEST(!w.looks());
    w.commit();
    BOOST_TEST(w.looks());
    BOOST_TEST(!w.looks());
    w.store.read([](read_session& session) { return session.first_integer("SELECT count(*) FROM t"); }).value();
    BOOST_TEST(!w.looks());
}

BOOST_AUTO_TEST_CASE(after_work_and_after_a_failure_there_may_be_more) {
    watched w;
    BOOST_TEST(w.looks(true));
    BOOST_TEST(w.looks(error(errc::overloaded)));
    BOOST_TEST(w.looks(error(errc::overloaded)));
    BOOST_TEST(w.looks());
    BOOST_TEST(!w.looks());
}

BOOST_AUTO_TEST_CASE(what_is_committed_during_a_look_is_looked_at_again) {
    watched w;
    const auto found = w.watch.look([&]() -> result<bool> {
        w.commit();
        return false;
    });
    BOOST_TEST(!found.value());
    BOOST_TEST(w.looks());
    BOOST_TEST(!w.looks());
}

BOOST_AUTO_TEST_CASE(what_comes_due_by_the_clock_needs_no_commit) {
    watched always(0ms);
    for (int i = 0; i < 3; ++i) BOOST_TEST(always.looks());
    watched seldom(std::chrono::hours(1));
    BOOST_TEST(seldom.looks());
    BOOST_TEST(!seldom.looks());
    seldom.commit();
    BOOST_TEST(seldom.looks());
}

BOOST_AUTO_TEST_SUITE_END()
