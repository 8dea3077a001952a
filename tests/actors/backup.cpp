// A copy of one snapshot, complete or not at all.
#include "sqlite/backup.hpp"
#include "fixture.hpp"
#include "sqlite/connection.hpp"
#include "support/plain_sqlite.hpp"

#include <sys/stat.h>

using namespace carrel;
using namespace carrel::testing;

namespace {

struct backup_fixture : fixture {
    backup_fixture() {
        for (int i = 0; i < 3; ++i) {
            write(db, [i](write_session& session) {
                return session.execute(
                    "INSERT INTO thing(name, size) SELECT hex(randomblob(400)), ? FROM (WITH RECURSIVE "
                    "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n)",
                    i);
            }).value();
        }
        source = sqlite::connection::open(directory.file("test.db"),
                                          sqlite::profile_of(settings([](options&) {}), sqlite::role::reader), busy)
                     .value();
        source->begin().value();
    }
    result<backup_report> copy(const std::function<bool()>& stop = {}) {
        return sqlite::backup_snapshot(source->handle(), copies.file("copy.db"), stop);
    }
    std::atomic<std::uint64_t> busy{0};
    std::unique_ptr<sqlite::connection> source;
    temp_directory copies;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(backups)

BOOST_AUTO_TEST_CASE(a_copy_holds_the_snapshot_whatever_is_committed_meanwhile) {
    backup_fixture f;
    const auto rows = f.source->trusted_text("SELECT count(*) FROM thing").value().value();
    int steps = 0;
    auto report = f.copy([&] {
        write(f.db, add_thing("meanwhile " + std::to_string(steps++))).value();
        return false;
    });
    BOOST_REQUIRE(report.has_value());
    BOOST_TEST(steps > 3);
    BOOST_TEST(contents_of(f.copies.path()).size() == 1u);
    plain_sqlite copy(f.copies.file("copy.db"));
    BOOST_TEST(copy.text("SELECT count(*) FROM thing") == rows);
    BOOST_TEST(copy.text("PRAGMA integrity_check") == "ok");
    BOOST_TEST(report->bytes == std::filesystem::file_size(f.copies.file("copy.db")));
    BOOST_TEST(report->pages * 4096 == report->bytes);
    struct stat info {};
    BOOST_REQUIRE(stat(f.copies.file("copy.db").c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600u);
    BOOST_TEST(info.st_nlink == 1u);
}

BOOST_AUTO_TEST_CASE(a_copy_can_be_served) {
    backup_fixture f;
    BOOST_REQUIRE(f.copy().has_value());
    auto opened = database::open({.path = f.copies.file("copy.db"), .migrations = schema});
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(write(*opened, add_thing("x")).has_value());
}

BOOST_AUTO_TEST_CASE(a_stop_leaves_nothing) {
    backup_fixture f;
    for (int after : {0, 1, 3, 1'000'000}) {
        int calls = 0;
        auto stopped = f.copy([&] { return calls++ == after; });
        if (calls > after) BOOST_TEST(stopped.error() == errc::cancelled);
        else BOOST_TEST(stopped.has_value());
        BOOST_TEST(std::filesystem::is_empty(f.copies.path()) == (calls > after));
    }
}

BOOST_AUTO_TEST_CASE(a_failing_disk_leaves_nothing) {
    backup_fixture f;
    // A directory in the place of the partial file.
    std::filesystem::create_directory(f.copies.file("copy.db.partial"));
    BOOST_TEST(f.copy().has_error());
    BOOST_TEST(!std::filesystem::exists(f.copies.file("copy.db")));
}

BOOST_AUTO_TEST_CASE(a_partial_copy_that_a_crash_left_is_replaced) {
    backup_fixture f;
    std::ofstream(f.copies.file("copy.db.partial")) << "half of something";
    BOOST_TEST(f.copy().has_value());
    BOOST_TEST(contents_of(f.copies.path()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(two_copies_to_one_target_do_not_mix) {
    backup_fixture f;
    errc second{};
    auto first = f.copy([&] {
        if (auto refused = f.copy(); refused.has_error() && refused.error() == errc::database_in_use)
            second = errc::database_in_use;
        return false;
    });
    BOOST_TEST(first.has_value());
    BOOST_TEST(second == errc::database_in_use);
    BOOST_TEST(plain_sqlite(f.copies.file("copy.db")).text("PRAGMA integrity_check") == "ok");
}

BOOST_AUTO_TEST_CASE(a_target_that_exists_is_left_as_it_is) {
    backup_fixture f;
    std::ofstream(f.copies.file("copy.db")) << "mine";
    const auto before = contents_of(f.copies.path());
    BOOST_TEST(f.copy().error() == errc::invalid_option);
    BOOST_TEST((contents_of(f.copies.path()) == before));
}

BOOST_AUTO_TEST_CASE(a_target_that_cannot_be_is_refused) {
    backup_fixture f;
    const auto refusal = [&](const std::string& target) {
        return sqlite::backup_snapshot(f.source->handle(), target, {}).error();
    };
    BOOST_TEST(refusal("") == errc::invalid_option);
    BOOST_TEST(refusal("file:copy.db") == errc::invalid_option);
    BOOST_TEST(refusal(f.copies.file("nowhere/copy.db")) == errc::no_directory);
    f.source->rollback();
    BOOST_TEST(f.copy().has_error());
}

BOOST_AUTO_TEST_SUITE_END()
