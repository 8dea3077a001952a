// Whose files carrel opens: its own and empty ones; those of other programs it leaves as they are.
#include "fixture.hpp"
#include "support/child_process.hpp"
#include "support/harness.hpp"
#include "support/plain_sqlite.hpp"

#include <sys/stat.h>

using namespace carrel;
using namespace carrel::testing;

namespace {

error refusal(const std::string& path) { return database::open({.path = path, .migrations = schema}).error(); }

void refused_untouched(const temp_directory& d, errc why = errc::not_a_carrel_database) {
    const auto before = contents_of(d.path());
    BOOST_TEST(refusal(d.file("x.db")) == why);
    BOOST_TEST((contents_of(d.path()) == before));
}

// What a program leaves that is killed while it has the file open.
void leave_open(const std::string& path, const std::string& sql) {
    const int status = in_child([&] {
        auto* left = new plain_sqlite(path);
        left->run(sql);
        return 0;
    });
    BOOST_REQUIRE(status == 0);
}

constexpr const char* tables_of_0_1_0 =
    "CREATE TABLE carrel_migrations(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
    " applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))) STRICT;"
    "CREATE TABLE carrel_commit(one INTEGER PRIMARY KEY CHECK(one = 1), sequence INTEGER NOT NULL) STRICT;"
    "INSERT INTO carrel_commit VALUES(1, 41);";

}  // namespace

BOOST_AUTO_TEST_SUITE(open_files)

BOOST_AUTO_TEST_CASE(a_file_of_ours_is_marked) {
    fixture f;
    f.db.stop().value();
    plain_sqlite opened(f.directory.file("test.db"));
    BOOST_TEST(opened.text("PRAGMA application_id") == std::to_string(0x4352524C));
    BOOST_TEST(opened.text("PRAGMA user_version") == "1");
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_left_as_it_is) {
    for (const char* mode : {"DELETE", "WAL", "PERSIST", "TRUNCATE"}) {
        temp_directory d;
        plain_sqlite(d.file("x.db")).run(std::string("PRAGMA journal_mode=") + mode + "; CREATE TABLE t(x)");
        refused_untouched(d);
    }
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_with_what_its_crash_left_is_left_as_it_is) {
    temp_directory with_wal;
    leave_open(with_wal.file("x.db"), "PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    BOOST_REQUIRE(std::filesystem::exists(with_wal.file("x.db-wal")));
    refused_untouched(with_wal);
    std::filesystem::remove(with_wal.file("x.db-shm"));
    refused_untouched(with_wal);

    temp_directory with_journal;
    plain_sqlite(with_journal.file("x.db")).run("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    leave_open(with_journal.file("x.db"),
               "PRAGMA cache_size=1; BEGIN; INSERT INTO t SELECT randomblob(900) FROM "
               "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) SELECT i FROM n)");
    BOOST_REQUIRE(std::filesystem::exists(with_journal.file("x.db-journal")));
    refused_untouched(with_journal);
}

BOOST_AUTO_TEST_CASE(a_database_that_another_program_has_open_is_left_to_it) {
    temp_directory d;
    plain_sqlite other(d.file("x.db"));
    other.run("PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    const auto names = contents_of(d.path()).size();
    BOOST_TEST(refusal(d.file("x.db")) == errc::not_a_carrel_database);
    BOOST_TEST(contents_of(d.path()).size() == names);
    other.run("INSERT INTO t VALUES(2)");
    BOOST_TEST(other.text("PRAGMA integrity_check") == "ok");
}

BOOST_AUTO_TEST_CASE(an_empty_database_with_the_mark_of_another_program_is_left_as_it_is) {
    for (const char* mark : {"PRAGMA application_id=7", "PRAGMA user_version=7"}) {
        temp_directory d;
        plain_sqlite(d.file("x.db")).run(std::string(mark) + "; CREATE TABLE t(x); DROP TABLE t");
        refused_untouched(d);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_an_empty_database_are_taken) {
    temp_directory d;
    std::ofstream(d.file("zero.db"));
    BOOST_TEST(database::open({.path = d.file("zero.db"), .migrations = schema}).has_value());
    plain_sqlite(d.file("empty.db")).run("CREATE TABLE t(x); DROP TABLE t; VACUUM");
    BOOST_TEST(database::open({.path = d.file("empty.db"), .migrations = schema}).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_of_version_0_1_0_is_ours_and_gets_the_mark) {
    for (const bool killed : {false, true}) {
        temp_directory d;
        const auto made = std::string("PRAGMA journal_mode=WAL;") + tables_of_0_1_0;
        if (killed) leave_open(d.file("x.db"), made);
        else plain_sqlite(d.file("x.db")).run(made);
        auto opened = database::open({.path = d.file("x.db"), .migrations = schema});
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(write(*opened, add_thing("x")).value().sequence == 42u);
        opened->stop().value();
        BOOST_TEST(plain_sqlite(d.file("x.db")).text("PRAGMA application_id") == std::to_string(0x4352524C));
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_a_later_format_is_refused) {
    fixture f;
    f.db.stop().value();
    plain_sqlite(f.directory.file("test.db")).run("PRAGMA user_version=2");
    BOOST_TEST(refusal(f.directory.file("test.db")) == errc::newer_database);
}

BOOST_AUTO_TEST_CASE(a_file_killed_while_it_was_made_is_ours) {
    // Each prefix of what open does to a new file.
    for (const char* done :
         {"PRAGMA journal_mode=WAL", "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; CREATE TABLE t(x)"}) {
        temp_directory d;
        leave_open(d.file("x.db"), done);
        BOOST_TEST(database::open({.path = d.file("x.db"), .migrations = schema}).has_value(), done);
    }
}

// Pages that are written before their transaction ends leave a journal that has them as they were.
constexpr std::string_view interrupted =
    "PRAGMA cache_size=1; BEGIN; CREATE TABLE t(x); INSERT INTO t SELECT randomblob(900) "
    "FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) "
    "SELECT i FROM n)";

BOOST_AUTO_TEST_CASE(a_file_killed_while_its_empty_first_page_was_changed_is_ours) {
    temp_directory d;
    plain_sqlite(d.file("x.db")).run("PRAGMA journal_mode=WAL; PRAGMA journal_mode=DELETE");
    BOOST_REQUIRE(std::filesystem::file_size(d.file("x.db")) == 4096u);
    leave_open(d.file("x.db"), std::string(interrupted));
    BOOST_REQUIRE(std::filesystem::exists(d.file("x.db-journal")));
    BOOST_TEST(database::open({.path = d.file("x.db"), .migrations = schema}).has_value());
}

BOOST_AUTO_TEST_CASE(a_journal_of_a_page_that_holds_something_is_of_another_program) {
    for (const char* made :
         {"CREATE VIEW v AS SELECT 1", "PRAGMA journal_mode=WAL; PRAGMA journal_mode=DELETE; PRAGMA user_version=7",
          "PRAGMA journal_mode=WAL; PRAGMA journal_mode=DELETE; PRAGMA application_id=7"}) {
        temp_directory d;
        plain_sqlite(d.file("x.db")).run(made);
        BOOST_REQUIRE(std::filesystem::file_size(d.file("x.db")) == 4096u);
        leave_open(d.file("x.db"), std::string(interrupted));
        BOOST_REQUIRE(std::filesystem::exists(d.file("x.db-journal")));
        refused_untouched(d);
    }
}

BOOST_AUTO_TEST_CASE(a_uri_and_a_nul_are_not_paths) {
    for (const std::string& path :
         {std::string("file::memory:"), std::string("file:x.db?mode=memory"), std::string("x\0.db", 5)}) {
        auto refused = refusal(path);
        BOOST_TEST(refused == errc::invalid_option);
        BOOST_TEST(refused.diagnostic().find("path") == 0u);
    }
    BOOST_TEST(!std::filesystem::exists("file::memory:"));
}

// -- page size and vacuum ---

BOOST_AUTO_TEST_CASE(page_size_and_auto_vacuum_are_those_of_the_options) {
    temp_directory d;
    options wanted{
        .path = d.file("x.db"), .page_size = 16'384, .auto_vacuum = vacuum_mode::incremental, .migrations = schema};
    for (int i = 0; i < 2; ++i) {
        auto opened = database::open(wanted);
        BOOST_REQUIRE(opened.has_value());
        write(*opened, add_thing("x" + std::to_string(i))).value();
        opened->stop().value();
        BOOST_TEST(plain_sqlite(d.file("x.db")).text("PRAGMA page_size") == "16384");
        BOOST_TEST(plain_sqlite(d.file("x.db")).text("PRAGMA auto_vacuum") == "2");
    }
    BOOST_TEST(database::open({.path = d.file("x.db"), .migrations = schema}).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_made_with_another_page_size_or_auto_vacuum_is_refused) {
    fixture f;
    f.db.stop().value();
    auto size = database::open(f.settings([](options& o) { o.page_size = 8'192; })).error();
    BOOST_TEST(size == errc::invalid_option);
    BOOST_TEST(size.diagnostic() == "page_size = 8192, but the file was made with 4096");
    auto vacuum = database::open(f.settings([](options& o) { o.auto_vacuum = vacuum_mode::full; })).error();
    BOOST_TEST(vacuum == errc::invalid_option);
    BOOST_TEST(database::open(f.settings([](options& o) {
                   o.page_size = 4'096;
                   o.auto_vacuum = vacuum_mode::none;
               })).has_value());
}

BOOST_AUTO_TEST_CASE(a_page_size_that_sqlite_would_ignore_is_refused) {
    for (std::size_t bytes : {0u, 256u, 1'000u, 4'097u, 131'072u})
        BOOST_TEST((options{.page_size = bytes}.validate().error() == errc::invalid_option), bytes);
}

// -- private directories ---

BOOST_AUTO_TEST_CASE(a_private_directory_without_an_owner_is_removed_at_the_next_start) {
    namespace fs = std::filesystem;
    temp_directory d;
    // Others on this machine come and go with directories of their own, so the child says which one is its.
    const int status = in_child([&] {
        auto opened = database::open({.path = ":memory:", .migrations = schema});
        for (const auto& descriptor : fs::directory_iterator("/proc/self/fd")) {
            std::error_code gone;
            const auto file = fs::read_symlink(descriptor, gone);
            if (file.string().find("/carrel-memory-") != std::string::npos)
                std::ofstream(d.file("left")) << file.parent_path().string();
        }
        if (opened) raise(SIGKILL);
        return 1;
    });
    BOOST_REQUIRE(status == -1);
    std::string left;
    std::getline(std::ifstream(d.file("left")), left);
    BOOST_REQUIRE(fs::exists(left));
    auto living = database::open({.path = ":memory:", .migrations = schema});
    BOOST_REQUIRE(living.has_value());
    auto second = database::open({.path = ":memory:", .migrations = schema});
    BOOST_TEST(!fs::exists(left), left);
    BOOST_TEST(write(*living, add_thing("x")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
