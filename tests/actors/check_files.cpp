// carrel check reads what lies there, and leaves it so.
#include "fixture.hpp"
#include "sqlite/check.hpp"
#include "support/child_process.hpp"
#include "support/plain_sqlite.hpp"

using namespace carrel;
using namespace carrel::testing;

namespace {

// A database whose newest rows are in its WAL alone, in a directory of copies.
struct copies {
    copies() {
        write(live.db, add_thing("in the file")).value();
        live.db.stop().value();
        live.db = live.open([](options&) {});
        write(live.db, add_thing("in the log")).value();
    }
    void copy(const char* suffix) {
        std::filesystem::copy_file(live.directory.file("test.db") + suffix, directory.file("copy.db") + suffix);
    }
    sqlite::check_report check() {
        const auto before = contents_of(directory.path());
        auto report = sqlite::check_file(directory.file("copy.db"), {}).value();
        BOOST_TEST((contents_of(directory.path()) == before));
        return report;
    }
    fixture live;
    temp_directory directory;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(check_files)

BOOST_AUTO_TEST_CASE(a_copy_with_its_wal_is_read_through_it, *boost::unit_test::enable_if<children_may_allocate>()) {
    copies c;
    c.copy("");
    c.copy("-wal");
    BOOST_TEST(c.check().ok);
    BOOST_TEST(c.check().unseen.empty());
    // The violation is in the WAL alone: to find it is to have read the WAL.
    BOOST_REQUIRE(in_child([&] {
                      auto* left = new plain_sqlite(c.directory.file("copy.db"));
                      left->run("PRAGMA foreign_keys=OFF; INSERT INTO child VALUES(1, 99)");
                      return 0;
                  }) == 0);
    std::filesystem::remove(c.directory.file("copy.db-shm"));
    BOOST_TEST(!c.check().ok);
    BOOST_TEST(c.check().findings.at(0) == "foreign key violated in table child");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_closed_is_sound_and_gets_no_company) {
    copies c;
    c.live.db.stop().value();
    c.copy("");
    BOOST_TEST(c.check().ok);
    BOOST_TEST(c.check().unseen.empty());
}

BOOST_AUTO_TEST_CASE(a_wal_that_is_missing_is_told) {
    copies c;
    c.copy("");
    c.copy("-shm");
    BOOST_TEST(c.check().unseen.size() == 1u);
    BOOST_TEST(c.check().unseen.at(0).find("copy.db-wal is missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_copy_of_an_open_database_without_its_wal_is_told) {
    copies c;
    c.copy("");
    BOOST_TEST(c.check().ok);
    BOOST_TEST(c.check().unseen.size() == 1u);
    BOOST_TEST(c.check().unseen.at(0).find("without its -wal: commits may be missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_database_that_nobody_wrote_to_since_it_was_opened_is_told_too) {
    fixture live;
    temp_directory directory;
    std::filesystem::copy_file(live.directory.file("test.db"), directory.file("copy.db"));
    BOOST_TEST(sqlite::check_file(directory.file("copy.db"), {}).value().unseen.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_copy_without_its_wal_opens_with_a_warning_and_is_whole_from_then_on) {
    copies c;
    c.copy("");
    fixture other;
    const auto opened = [&] {
        return database::open(other.settings([&](options& o) { o.path = c.directory.file("copy.db"); }));
    };
    auto db = opened().value();
    BOOST_TEST(other.logged("without its -wal: commits may be missing") == 1u);
    write(db, add_thing("after")).value();
    db.stop().value();
    BOOST_TEST(c.check().unseen.empty());
    BOOST_TEST(opened().has_value());
    BOOST_TEST(other.logged("commits may be missing") == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_with_its_wal_lacks_nothing,
                     *boost::unit_test::enable_if<children_may_allocate>()) {
    fixture f;
    const auto path = f.directory.file("crashed.db");
    for (const bool writes : {false, true}) {
        BOOST_REQUIRE(in_child([&] {
                          auto db = database::open({.path = path, .migrations = schema}).value();
                          if (writes) write(db, add_thing("x")).value();
                          _exit(0);
                          return 1;
                      }) == 0);
        BOOST_TEST(sqlite::check_file(path, {}).value().unseen.empty());
    }
    auto again = database::open(f.settings([&](options& o) { o.path = path; })).value();
    BOOST_TEST(f.logged("commits may be missing") == 0u);
    BOOST_TEST(write(again, add_thing("y")).value().value == 2);
}

BOOST_AUTO_TEST_CASE(a_backup_lacks_nothing) {
    copies c;
    c.live.db.async_backup(c.directory.file("copy.db"), boost::asio::use_future).get();
    BOOST_TEST(c.check().ok);
    BOOST_TEST(c.check().unseen.empty());
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_bears_no_mark) {
    temp_directory d;
    plain_sqlite(d.file("x.db")).run("PRAGMA journal_mode=WAL; PRAGMA user_version=65537; CREATE TABLE t(x)");
    BOOST_TEST(sqlite::check_file(d.file("x.db"), {}).value().unseen.empty());
}

BOOST_AUTO_TEST_CASE(a_wal_that_cannot_be_read_is_told) {
    copies c;
    c.copy("");
    std::filesystem::create_directory(c.directory.file("copy.db-wal"));
    auto report = sqlite::check_file(c.directory.file("copy.db"), {}).value();
    BOOST_TEST(report.unseen.size() == 1u);
    BOOST_TEST(report.unseen.at(0).find("cannot be read") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_served_file_is_read_beside_its_server, *boost::unit_test::enable_if<children_may_allocate>()) {
    fixture f;
    write(f.db, add_thing("x")).value();
    const auto names = contents_of(f.directory.path()).size();
    auto report = in_child([&] { return sqlite::check_file(f.directory.file("test.db"), {}).value().ok ? 0 : 1; });
    BOOST_TEST(report == 0);
    BOOST_TEST(contents_of(f.directory.path()).size() == names);
    write(f.db, add_thing("y")).value();
}

BOOST_AUTO_TEST_CASE(a_name_with_the_signs_of_a_uri_is_a_name) {
    for (const char* name : {"a?immutable=0#b.db", "50%25.db", "file:x.db", "a b.db"}) {
        temp_directory d;
        plain_sqlite(d.file(name)).run("PRAGMA journal_mode=WAL; CREATE TABLE t(x)");
        BOOST_TEST(sqlite::check_file(d.file(name), {}).value().ok, name);
        BOOST_TEST(contents_of(d.path()).size() == 1u, name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
