// Savepoints close by themselves, whatever ends their scope.
#include "fixture.hpp"
#include "sqlite/connection.hpp"

#include <stdexcept>

using namespace carrel;
using namespace carrel::testing;

namespace {

result<void> add(write_session& session, const char* name) {
    return session.execute("INSERT INTO thing(name) VALUES(?)", name);
}

struct writer_connection {
    writer_connection() {
        { database::open({.path = directory.file("test.db"), .migrations = schema}).value().stop().value(); }
        opened = sqlite::connection::open(directory.file("test.db"),
                                          sqlite::profile_of(options(), sqlite::role::writer), busy)
                     .value();
        opened->begin().value();
    }
    std::int64_t things() { return write_session(*opened).first_integer("SELECT count(*) FROM thing").value().value(); }
    void add(const char* name) {
        write_session session(*opened);
        ::add(session, name).value();
    }
    temp_directory directory;
    std::atomic<std::uint64_t> busy{0};
    std::unique_ptr<sqlite::connection> opened;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(savepoints)

BOOST_AUTO_TEST_CASE(a_part_that_throws_leaves_nothing_of_its_job) {
    fixture f;
    // A job that had to be undone makes the next ones guarded by a savepoint.
    (void)write(f.db, [](write_session& session) -> result<void> {
        (void)add(session, "undone");
        return error(errc::cancelled);
    });
    const auto before = f.db.stats().writer.commit_sequence;
    auto outcome = write(f.db, [](write_session& session) -> result<void> {
        if (auto done = add(session, "outer"); !done) return done;
        return session.attempt([&]() -> result<void> {
            (void)add(session, "inner");
            throw std::runtime_error("in the part");
        });
    });
    BOOST_TEST((outcome.error() == errc::work_threw));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 0);
    BOOST_TEST(write(f.db, add_thing("next")).value().sequence == before + 1);
}

BOOST_AUTO_TEST_CASE(a_part_that_throws_and_is_caught_leaves_nothing_of_itself) {
    fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        if (auto done = add(session, "outer"); !done) return done;
        try {
            (void)session.attempt([&]() -> result<void> {
                (void)add(session, "inner");
                throw std::runtime_error("in the part");
            });
        } catch (const std::runtime_error&) {
            return add(session, "after");
        }
        return error(errc::cancelled);
    }).value();
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name IN ('outer', 'after')") == 2);
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(attempts_nest_and_each_undoes_only_itself) {
    fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        return session.attempt([&]() -> result<void> {
            if (auto done = add(session, "outer"); !done) return done;
            auto inner = session.attempt([&]() -> result<void> {
                (void)add(session, "inner");
                auto innermost = session.attempt([&]() -> result<void> { return add(session, "innermost"); });
                return innermost ? result<void>(error(errc::cancelled)) : innermost;
            });
            BOOST_TEST((inner.error() == errc::cancelled));
            return add(session, "after");
        });
    }).value();
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name IN ('outer', 'after')") == 2);
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(a_part_that_loses_the_transaction_is_not_a_success) {
    fixture f;
    auto outcome = write(f.db, [](write_session& session) -> result<void> {
        return session.attempt([&]() -> result<void> {
            (void)session.execute("INSERT INTO tripwire VALUES(1)");
            return {};
        });
    });
    BOOST_TEST(outcome.error().code().value() == 516);  // SQLITE_ABORT_ROLLBACK
    BOOST_TEST(write(f.db, add_thing("next")).has_value());
}

BOOST_AUTO_TEST_CASE(a_savepoint_that_is_not_released_is_rolled_back) {
    writer_connection w;
    w.add("before");
    {
        auto outer = w.opened->open_savepoint().value();
        w.add("outer");
        {
            auto inner = w.opened->open_savepoint().value();
            w.add("inner");
        }
        BOOST_TEST(w.things() == 2);
        outer.release().value();
    }
    {
        auto again = w.opened->open_savepoint().value();
        w.add("again");
    }
    BOOST_TEST(w.things() == 2);
    w.opened->commit().value();
    BOOST_TEST(w.things() == 2);
}

BOOST_AUTO_TEST_CASE(a_savepoint_whose_outer_one_is_gone_does_nothing) {
    writer_connection w;
    auto outer = w.opened->open_savepoint().value();
    auto inner = w.opened->open_savepoint().value();
    w.add("kept");
    outer.release().value();
    auto other = w.opened->open_savepoint().value();
    auto at_its_depth = w.opened->open_savepoint().value();
    w.add("kept too");
    BOOST_TEST(inner.roll_back().has_value());
    BOOST_TEST(w.things() == 2);
    at_its_depth.release().value();
    other.release().value();
    BOOST_TEST(w.opened->in_transaction());
}

BOOST_AUTO_TEST_CASE(a_savepoint_does_not_reach_into_the_next_transaction) {
    writer_connection w;
    auto stale = w.opened->open_savepoint().value();
    BOOST_TEST(w.opened->rollback());
    w.opened->begin().value();
    auto fresh = w.opened->open_savepoint().value();
    w.add("kept");
    BOOST_TEST(stale.release().has_error());
    { auto moved = std::move(stale); }
    fresh.release().value();
    BOOST_TEST(w.things() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
