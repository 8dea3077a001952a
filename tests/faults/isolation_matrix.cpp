// Every kind of failing mutation, at every place of a batch, harms nobody else: now and after a crash.
#include "support/harness.hpp"
#include "support/held_writer.hpp"
#include "support/io_recorder.hpp"
#include "support/malloc_faults.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::array schema{migration{
    1, "things",
    "CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER CHECK(size >= 0), payload "
    "BLOB);"
    "INSERT INTO thing(name) VALUES('taken');"
    "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id));"
    "CREATE TABLE late_child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY "
    "DEFERRED);"
    "CREATE TABLE trap(kind TEXT);"
    "CREATE TRIGGER trap_abort BEFORE INSERT ON trap WHEN new.kind = 'abort' BEGIN SELECT raise(ABORT, 'trap'); END;"
    "CREATE TRIGGER trap_fail BEFORE INSERT ON trap WHEN new.kind = 'fail' BEGIN SELECT raise(FAIL, 'trap'); END;"
    "CREATE TRIGGER trap_gone BEFORE INSERT ON trap WHEN new.kind = 'gone' BEGIN SELECT raise(ROLLBACK, 'trap'); END;"
    "CREATE TRIGGER trap_row AFTER INSERT ON trap WHEN new.kind = 'row'"
    " BEGIN INSERT INTO thing(name) VALUES('taken'); END;"}};

// Refuses writes behind `limit` bytes of the WAL: a disk with so much space.
class small_disk final : public io_recorder {
public:
    using io_recorder::io_recorder;
    std::atomic<std::int64_t> limit{std::int64_t{1} << 40};

    int before(const io_call& call, int&) override {
        const bool grows = call.file == file_kind::wal && call.kind == io_kind::write;
        return grows && call.at + static_cast<std::int64_t>(call.bytes.size()) > limit ? SQLITE_FULL : SQLITE_OK;
    }
};

using mutation = std::function<result<std::int64_t>(write_session&)>;

struct culprit {
    const char* name;
    mutation work;
    error_code expected;
    bool is_single = false;  // one statement, without a savepoint
    job_options settings = {};
};

// Of one statement: what `one_statement` is to a host that knows its SQL.
struct single_work {
    static constexpr bool is_single_statement = true;
    mutation work;
    result<std::int64_t> operator()(write_session& session) const { return work(session); }
};

result<std::int64_t> changed(write_session& session, result<void> done) {
    if (!done) return done.error();
    return session.changes();
}

mutation run(const char* sql) {
    return [sql](write_session& session) { return changed(session, session.execute(write_sql::dynamic(sql))); };
}

// A good write before the failing statement, which must be undone with it.
mutation after_a_write(mutation then) {
    return [then = std::move(then)](write_session& session) -> result<std::int64_t> {
        if (auto done = session.execute("INSERT INTO thing(name) VALUES('culprit')"); !done) return done.error();
        return then(session);
    };
}

mutation out_of_memory(const char* sql, int allocation) {
    return [sql, allocation](write_session& session) -> result<std::int64_t> {
        auto row = session.prepare(write_sql::dynamic(sql));  // its own allocations are not meant
        if (!row) return row.error();
        malloc_faults::fail_here(allocation);
        auto done = row->run();
        malloc_faults::fail_here(0);
        if (!done) return done.error();
        return session.changes();
    };
}

result<std::int64_t> read_for_ever(write_session& session) {
    auto counted =
        session.first_integer("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    if (!counted) return counted.error();
    return **counted;
}

result<std::int64_t> throw_something(write_session&) { throw std::runtime_error("boom"); }

// What a work kept beyond its call; let go of while its database still lives.
std::vector<statement> left;

result<std::int64_t> leave_a_statement(write_session& session) {
    auto row = session.prepare("SELECT id FROM thing");
    if (!row) return row.error();
    if (auto stepped = row->step(); !stepped) return stepped.error();
    left.push_back(std::move(*row));
    return 0;
}

error_code of(int sqlite_code) { return make_error_code(static_cast<sqlite_errc>(sqlite_code)); }

constexpr auto for_ever =
    "INSERT INTO thing(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
constexpr auto some_rows = "INSERT INTO thing(name) SELECT 'culprit' || value FROM json_each('[1,2,3,4,5,6,7,8]')";
constexpr auto large_rows =
    "INSERT INTO thing(name, payload) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64)"
    " SELECT 'culprit' || i, zeroblob(65536) FROM n";

std::vector<culprit> culprits() {
    const job_options hasty{.deadline = std::chrono::milliseconds(50)};
    std::vector<culprit> all;
    // Statements that fail, alone and after a good one.
    const std::tuple<const char*, const char*, int> statements[] = {
        {"unique", "INSERT INTO thing(name) VALUES('taken')", SQLITE_CONSTRAINT_UNIQUE},
        {"not null", "INSERT INTO thing(name) VALUES(NULL)", SQLITE_CONSTRAINT_NOTNULL},
        {"check", "INSERT INTO thing(name, size) VALUES('culprit2', -1)", SQLITE_CONSTRAINT_CHECK},
        {"check after rows",
         "INSERT INTO thing(name, size) SELECT 'culprit' || value, 3 - value FROM json_each('[1,2,3,4]')",
         SQLITE_CONSTRAINT_CHECK},
        {"foreign key", "INSERT INTO child(parent) VALUES(99)", SQLITE_CONSTRAINT_FOREIGNKEY},
        {"deferred foreign key", "INSERT INTO late_child(parent) VALUES(99)", SQLITE_CONSTRAINT_FOREIGNKEY},
        {"raise abort", "INSERT INTO trap VALUES('abort')", SQLITE_CONSTRAINT_TRIGGER},
        {"raise fail", "INSERT INTO trap SELECT value FROM json_each('[\"ok\",\"fail\"]')", SQLITE_CONSTRAINT_TRIGGER},
        {"raise rollback", "INSERT INTO trap VALUES('gone')", SQLITE_CONSTRAINT_TRIGGER},
        {"a trigger's statement", "INSERT INTO trap VALUES('row')", SQLITE_CONSTRAINT_UNIQUE},
        {"or fail", "INSERT OR FAIL INTO thing(name) SELECT value FROM json_each('[\"culprit3\",\"taken\"]')",
         SQLITE_CONSTRAINT_UNIQUE},
        {"or rollback", "INSERT OR ROLLBACK INTO thing(name) VALUES('taken')", SQLITE_CONSTRAINT_UNIQUE},
        {"too big", "INSERT INTO thing(name, payload) VALUES('culprit4', zeroblob(100000000))", SQLITE_TOOBIG},
        {"syntax", "INSERT INTO thing(name VALUES('x')", SQLITE_ERROR},
        {"authorizer", "ATTACH ':memory:' AS other", SQLITE_AUTH},
    };
    for (const auto& [name, sql, code] : statements) {
        all.push_back({name, run(sql), of(code), true});
        all.push_back({name, after_a_write(run(sql)), of(code)});
    }
    const auto add = [&](const char* name, const mutation& work, error_code code, const job_options& settings = {}) {
        all.push_back({name, after_a_write(work), code, false, settings});
    };
    all.push_back({"out of memory, one row", out_of_memory("INSERT INTO thing(name) VALUES('culprit5')", 1),
                   of(SQLITE_NOMEM), true});
    add("out of memory, one row", out_of_memory("INSERT INTO thing(name) VALUES('culprit5')", 1), of(SQLITE_NOMEM));
    add("out of memory, rows", out_of_memory(some_rows, 3), of(SQLITE_NOMEM));
    add("interrupted write", run(for_ever), make_error_code(errc::deadline_exceeded), hasty);
    add("interrupted read", read_for_ever, make_error_code(errc::deadline_exceeded), hasty);
    add("disk full", run(large_rows), of(SQLITE_FULL));
    add("exception", throw_something, make_error_code(errc::work_threw));
    add("statement left open", leave_a_statement, make_error_code(errc::statement_left_open));
    add("wrong parameters", run("INSERT INTO thing(name) VALUES(?)"), make_error_code(errc::wrong_parameters));
    add(
        "an error of its own", [](write_session&) -> result<std::int64_t> { return error(errc::cancelled); },
        make_error_code(errc::cancelled));
    return all;
}

auto add_neighbour(int number) {
    return [number](write_session& session) -> result<std::int64_t> {
        if (auto done = session.execute("INSERT INTO thing(name) VALUES(?)", "n" + std::to_string(number)); !done)
            return done.error();
        return session.last_insert_rowid();
    };
}

using rows_by_name = std::map<std::string, std::int64_t>;
result<rows_by_name> read_rows(read_session& session) {
    auto rows = session.prepare(
        "SELECT name, id FROM thing UNION ALL SELECT 'child', id FROM child"
        " UNION ALL SELECT 'late_child', id FROM late_child"
        " UNION ALL SELECT 'trap ' || kind, 0 FROM trap");
    if (!rows) return rows.error();
    rows_by_name found;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return found;
        found.emplace(rows->text(0), rows->integer(1));
    }
}

options settings_for(const std::string& path, std::size_t batch) {
    options chosen{.path = path, .migrations = schema, .background_nice = 0};
    chosen.batch_jobs_max = batch;
    chosen.batch_time_max = std::chrono::seconds(10);
    chosen.page_cache_kib = chosen.background_cache_kib = 512;
    return chosen;
}

struct cell {
    const culprit& of;
    std::size_t position, jobs, batch;
    bool is_guarded;  // a job failed before, so that those of several statements get savepoints
    std::string text() const {
        return std::string(of.name) + (of.is_single ? " (single)" : "") + ", job " + std::to_string(position + 1) +
               " of " + std::to_string(jobs) + ", batches of " + std::to_string(batch) +
               (is_guarded ? ", guarded" : "");
    }
};

struct cell_outcome {
    result<committed<std::int64_t>> failed = error(errc::cancelled);
    rows_by_name expected{{"taken", 1}};
    bool neighbours_succeeded = true;
    rows_by_name live;
};

cell_outcome run_cell(const cell& c, database& db) {
    if (c.is_guarded) (void)write(db, after_a_write(run("INSERT INTO thing(name) VALUES(NULL)")));
    held_writer held(db);
    std::map<int, std::future<result<committed<std::int64_t>>>> sent;
    std::future<result<committed<std::int64_t>>> failing;
    for (std::size_t i = 0; i < c.jobs; ++i) {
        if (i != c.position) {
            sent[static_cast<int>(i)] =
                db.async_write(add_neighbour(static_cast<int>(i)), as_result(boost::asio::use_future));
        } else if (c.of.is_single) {
            failing = db.async_write(single_work{c.of.work}, c.of.settings, as_result(boost::asio::use_future));
        } else {
            failing = db.async_write(c.of.work, c.of.settings, as_result(boost::asio::use_future));
        }
    }
    held.release();
    cell_outcome outcome;
    outcome.failed = failing.get();
    for (auto& [number, one] : sent) {
        auto got = one.get();
        if (got) outcome.expected["n" + std::to_string(number)] = got->value;
        else outcome.neighbours_succeeded = false;
    }
    outcome.live = read(db, read_rows).value();
    left.clear();
    return outcome;
}

// True if the cell is as it must be.
bool check_cell(const cell& c) {
    temp_directory directory(fast_directory());
    const auto path = directory.file("live.db");
    small_disk disk(path);
    shim_vfs::set_hooks(&disk);
    auto db = database::open(settings_for(path, c.batch)).value();
    disk.limit = 3 << 20;
    const auto outcome = run_cell(c, db);
    std::mt19937_64 unused;
    io_recorder::image image;
    disk.after_power_loss(disk.events().size(), unsynced::everything, unused, image);
    disk.limit = std::int64_t{1} << 40;
    (void)db.stop();
    shim_vfs::set_hooks(nullptr);

    const auto after_path = directory.file("after.db");
    write_image(image, after_path);
    auto after = database::open(settings_for(after_path, c.batch)).value();
    const auto crashed = read(after, read_rows).value();

    const auto complain = [&](const std::string& what) {
        std::cout << "violation: " << c.text() << ": " << what << std::endl;
        return false;
    };
    if (outcome.failed || outcome.failed.error().code() != c.of.expected)
        return complain("the culprit is told " + (outcome.failed ? "success" : outcome.failed.error().message()));
    if (!outcome.neighbours_succeeded) return complain("a neighbour is told of a failure");
    if (outcome.live != outcome.expected) return complain("the rows are not those that were acknowledged");
    if (crashed != outcome.expected) return complain("the rows after a crash are not those that were acknowledged");
    return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(isolation_matrix) {
    harness_settings("isolation_matrix").tell();
    std::size_t cells = 0, violations = 0;
    std::set<std::string> kinds;
    for (const auto& one : culprits())
        for (const std::size_t batch : {1, 8, 64}) {
            const std::size_t jobs = std::max<std::size_t>(3, batch);
            for (const auto position : {std::size_t{0}, jobs / 2, jobs - 1})
                for (const bool is_guarded : {false, true}) {
                    ++cells;
                    violations += check_cell({one, position, jobs, batch, is_guarded}) ? 0 : 1;
                }
            kinds.insert(one.name);
        }
    std::cout << "isolation_matrix: " << kinds.size() << " kinds of failure, " << cells << " cells: " << violations
              << " violations" << std::endl;
    BOOST_TEST(violations == 0u);
}
