// One client's failing write never harms another's.
#include "fixture.hpp"

using namespace carrel;
using namespace carrel::testing;

namespace {

using statement_list = std::vector<std::string>;

// Runs statements in order and hands on the first error.
auto run_all(statement_list statements) {
    return [statements = std::move(statements)](write_session& session) -> result<void> {
        for (const auto& sql : statements)
            if (auto done = session.execute(write_sql::dynamic(sql)); !done) return done;
        return {};
    };
}

// Sends the culprit between two neighbours into one batch and checks that they commit exactly once.
template <class Work>
error outcome_between_neighbours(fixture& f, Work culprit, job_options per_job = {}) {
    held_writer held(f.db);
    auto before = send(f.db, add_thing("before"));
    auto failing = send(f.db, std::move(culprit), per_job);
    auto after = send(f.db, add_thing("after"));
    held.release();
    auto first = before.get();
    auto outcome = failing.get();
    auto last = after.get();
    BOOST_REQUIRE(first.has_value());
    BOOST_REQUIRE(last.has_value());
    BOOST_TEST(last->value == first->value + 1);
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name IN ('before', 'after')") == 2);
    BOOST_REQUIRE(outcome.has_error());
    return outcome.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(writer_isolation)

BOOST_AUTO_TEST_CASE(a_failed_job_leaves_no_trace_and_its_neighbours_commit) {
    fixture f;
    auto e = outcome_between_neighbours(
        f, run_all({"INSERT INTO thing(name) VALUES('x')", "INSERT INTO thing(name, size) VALUES('y', -1)"}));
    BOOST_TEST((e == sqlite_errc::constraint_check));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_before_it_wrote_costs_nobody_a_rerun) {
    fixture f;
    auto e = outcome_between_neighbours(
        f, run_all({"INSERT INTO thing(name, size) VALUES('y', -1)", "INSERT INTO thing(name) VALUES('x')"}));
    BOOST_TEST((e == sqlite_errc::constraint_check));
    BOOST_TEST(f.db.stats().writer.reruns == 0u);
}

BOOST_AUTO_TEST_CASE(clients_that_fail_again_and_again_cost_one_rerun) {
    fixture f;
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> good;
    std::vector<std::future<result<committed<void>>>> bad;
    for (int i = 0; i < 50; ++i) {
        good.push_back(send(f.db, add_thing("good" + std::to_string(i))));
        bad.push_back(send(
            f.db, run_all({"INSERT INTO thing(name) VALUES('x')", "INSERT INTO thing(name, size) VALUES('y', -1)"})));
    }
    held.release();
    for (auto& one : good) BOOST_TEST(one.get().has_value());
    for (auto& one : bad) BOOST_TEST((one.get().error() == sqlite_errc::constraint_check));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 50);
    BOOST_TEST(f.db.stats().writer.reruns == 1u);
}

BOOST_AUTO_TEST_CASE(a_job_that_only_changes_the_schema_is_committed) {
    fixture f;
    const auto before = f.db.stats().writer.commit_sequence;
    BOOST_TEST(write(f.db, run_all({"CREATE TABLE later(id INTEGER PRIMARY KEY)"})).value().sequence == before + 1);
    write(f.db, run_all({"INSERT INTO later VALUES(1)"})).value();
    BOOST_TEST(f.count("SELECT count(*) FROM later") == 1);
}

BOOST_AUTO_TEST_CASE(an_error_returned_after_good_statements_undoes_them) {
    fixture f;
    auto e = outcome_between_neighbours(f, [](write_session& session) -> result<void> {
        if (auto done = session.execute("INSERT INTO thing(name) VALUES('x')"); !done) return done;
        return error(errc::cancelled);
    });
    BOOST_TEST((e == errc::cancelled));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(neighbours_of_a_job_that_rolls_the_transaction_back_run_again) {
    fixture f;
    auto e = outcome_between_neighbours(f, run_all({"INSERT INTO tripwire VALUES(1)"}));
    BOOST_TEST(e.diagnostic().find("tripped") != std::string::npos);
    BOOST_TEST(f.db.stats().writer.reruns == 1u);
}

BOOST_AUTO_TEST_CASE(or_rollback_harms_nobody_else) {
    fixture f;
    write(f.db, add_thing("taken")).value();
    auto e = outcome_between_neighbours(f, run_all({"INSERT OR ROLLBACK INTO thing(name) VALUES('taken')"}));
    BOOST_TEST((e == sqlite_errc::constraint_unique));
}

BOOST_AUTO_TEST_CASE(work_that_ignores_the_loss_of_its_transaction_is_told) {
    fixture f;
    auto e = outcome_between_neighbours(f, [](write_session& session) -> result<void> {
        (void)session.execute("INSERT INTO tripwire VALUES(1)");
        return {};
    });
    BOOST_TEST((e == errc::work_threw));
}

BOOST_AUTO_TEST_CASE(many_culprits_in_one_batch_each_fail_alone) {
    fixture f;
    held_writer held(f.db);
    std::vector<std::future<result<committed<std::int64_t>>>> good;
    std::vector<std::future<result<committed<void>>>> bad;
    for (int i = 0; i < 20; ++i) {
        good.push_back(send(f.db, add_thing("good" + std::to_string(i))));
        bad.push_back(send(f.db, run_all({"INSERT INTO tripwire VALUES(1)"})));
    }
    held.release();
    for (auto& one : good) BOOST_TEST(one.get().has_value());
    for (auto& one : bad) BOOST_TEST(one.get().has_error());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 20);
}

BOOST_AUTO_TEST_CASE(a_deferred_foreign_key_is_checked_before_the_job_is_released) {
    fixture f;
    auto e = outcome_between_neighbours(f, run_all({"INSERT INTO child VALUES(1, 99)"}));
    BOOST_TEST((e == sqlite_errc::constraint_foreign_key));
    BOOST_TEST(f.count("SELECT count(*) FROM child") == 0);
}

BOOST_AUTO_TEST_CASE(rows_kept_by_or_fail_are_undone) {
    fixture f;
    write(f.db, add_thing("taken")).value();
    constexpr auto sql = "INSERT OR FAIL INTO thing(name) SELECT value FROM json_each('[\"a\",\"taken\",\"b\"]')";
    auto e = outcome_between_neighbours(f, run_all({sql}));
    BOOST_TEST((e == sqlite_errc::constraint_unique));
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name IN ('a', 'b')") == 0);
}

BOOST_AUTO_TEST_CASE(rows_kept_by_or_fail_are_undone_without_a_savepoint_too) {
    fixture f;
    write(f.db, add_thing("taken")).value();
    auto e = outcome_between_neighbours(
        f, one_statement("INSERT OR FAIL INTO thing(name) SELECT value FROM json_each('[\"a\",\"taken\"]')"));
    BOOST_TEST((e == sqlite_errc::constraint_unique));
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name = 'a'") == 0);
}

BOOST_AUTO_TEST_CASE(an_exception_fails_its_own_job) {
    fixture f;
    auto e = outcome_between_neighbours(f, [](write_session& session) -> result<void> {
        (void)session.execute("INSERT INTO thing(name) VALUES('x')");
        throw std::runtime_error("boom");
    });
    BOOST_TEST((e == errc::work_threw));
    BOOST_TEST(e.diagnostic() == "boom");
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(a_statement_kept_beyond_the_call_fails_its_own_job) {
    fixture f;
    auto kept = std::make_shared<std::optional<statement>>();
    auto e = outcome_between_neighbours(f, [kept](write_session& session) -> result<void> {
        auto open = session.prepare("SELECT 1");
        if (!open) return open.error();
        if (auto row = open->step(); !row) return row.error();
        kept->emplace(std::move(*open));
        return {};
    });
    BOOST_TEST((e == errc::statement_left_open));
    kept->reset();
    BOOST_TEST(f.count("SELECT 1") == 1);
}

BOOST_AUTO_TEST_CASE(a_write_past_its_deadline_is_interrupted_and_harms_nobody) {
    fixture f;
    constexpr auto endless =
        "INSERT INTO thing(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    auto e = outcome_between_neighbours(f, run_all({endless}), {.deadline = std::chrono::milliseconds(300)});
    BOOST_TEST((e == errc::deadline_exceeded));
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 2);
}

BOOST_AUTO_TEST_CASE(the_transaction_belongs_to_the_writer) {
    fixture f;
    for (const char* sql :
         {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "RELEASE carrel_job", "PRAGMA query_only=1",
          "PRAGMA defer_foreign_keys=1", "ATTACH ':memory:' AS other", "VACUUM", "VACUUM INTO '/tmp/never'",
          "CREATE TEMP TABLE t(a)", "UPDATE carrel_commit SET sequence = 0", "DELETE FROM carrel_migrations",
          "SELECT fts3_tokenizer('simple')"}) {
        auto outcome = write(f.db, run_all({sql}));
        BOOST_TEST(outcome.has_error(), sql);
    }
    write(f.db, add_thing("still well")).value();
}

BOOST_AUTO_TEST_CASE(rowid_and_changes_are_each_jobs_own) {
    fixture f;
    auto seen = [](write_session& session) -> result<std::pair<std::int64_t, std::int64_t>> {
        return std::pair(session.last_insert_rowid(), session.changes());
    };
    held_writer held(f.db);
    auto first = send(f.db, add_thing("first"));
    auto look = send(f.db, seen);
    held.release();
    BOOST_TEST(first.get().value().value == 1);
    const auto own = look.get().value().value;
    BOOST_TEST(own.first == 0);
    BOOST_TEST(own.second == 0);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_fails_undoes_only_itself) {
    fixture f;
    auto kept = write(f.db, [](write_session& session) -> result<std::int64_t> {
        if (auto done = session.execute("INSERT INTO thing(name) VALUES('kept')"); !done) return done.error();
        auto tried = session.attempt([&]() -> result<void> {
            (void)session.execute("INSERT INTO thing(name) VALUES('undone')");
            return session.execute("INSERT INTO thing(name) VALUES('kept')");
        });
        return tried ? 0 : 1;
    });
    BOOST_TEST(kept.value().value == 1);
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name = 'kept'") == 1);
    BOOST_TEST(f.count("SELECT count(*) FROM thing WHERE name = 'undone'") == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_number_of_values_is_refused) {
    fixture f;
    auto e = write(f.db, [](write_session& session) { return session.execute("INSERT INTO thing(name) VALUES(?)"); });
    BOOST_TEST((e.error() == errc::wrong_parameters));
}

BOOST_AUTO_TEST_SUITE_END()
