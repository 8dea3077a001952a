// One file, one server, whatever the file is called: the lock is on the inode.
#include "fixture.hpp"
#include "held_read.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/file_guard.hpp"
#include "support/child_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

using namespace carrel;
using namespace carrel::testing;

namespace {

// The status of a child that opens the file: 0 if it could, else the value of carrel's error, 255 for another one.
int open_in_child(const std::string& path) {
    return in_child([&] {
        auto opened = database::open({.path = path, .migrations = schema});
        if (opened) return 0;
        return opened.error().code().category() == carrel_category() ? opened.error().code().value() : 255;
    });
}

int value_of(errc code) { return static_cast<int>(code); }

error refusal(const std::string& path) { return database::open({.path = path, .migrations = schema}).error(); }

// As another process sees it: whether some process holds a POSIX lock on the file.
bool has_posix_locks(const std::string& path) {
    return in_child([&] {
               const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
               struct flock wanted {};
               wanted.l_type = F_WRLCK;
               return fcntl(fd, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK ? 1 : 0;
           }) == 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guard)

BOOST_AUTO_TEST_CASE(a_second_name_of_a_served_file_is_refused, *boost::unit_test::enable_if<children_may_allocate>()) {
    fixture f;
    std::filesystem::create_hard_link(f.directory.file("test.db"), f.directory.file("hard.db"));
    BOOST_TEST(refusal(f.directory.file("hard.db")) == errc::database_in_use);
    BOOST_TEST(open_in_child(f.directory.file("hard.db")) != 0);
    BOOST_TEST(!std::filesystem::exists(f.directory.file("hard.db.lock")));
}

BOOST_AUTO_TEST_CASE(a_refused_open_drops_no_lock_of_the_first_one) {
    fixture f;
    write(f.db, add_thing("x")).value();
    std::filesystem::create_hard_link(f.directory.file("test.db"), f.directory.file("hard.db"));
    BOOST_REQUIRE(has_posix_locks(f.directory.file("test.db")));
    BOOST_TEST(refusal(f.directory.file("hard.db")) == errc::database_in_use);
    BOOST_TEST(has_posix_locks(f.directory.file("test.db")));
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_was_removed_lets_nobody_in,
                     *boost::unit_test::enable_if<children_may_allocate>()) {
    fixture f;
    std::filesystem::remove(f.directory.file("test.db.lock"));
    BOOST_TEST(refusal(f.directory.file("test.db")) == errc::database_in_use);
    std::filesystem::remove(f.directory.file("test.db.lock"));
    BOOST_TEST(open_in_child(f.directory.file("test.db")) != 0);
}

// Made before the file is locked, it has nothing of this process but its code.
BOOST_AUTO_TEST_CASE(a_process_that_inherited_nothing_is_kept_out_by_the_lock_on_the_file_alone) {
    temp_directory d;
    int is_served[2];
    BOOST_REQUIRE(pipe(is_served) == 0);
    const pid_t stranger = fork();
    if (stranger == 0) {
        char byte = 0;
        close(is_served[1]);
        const bool has_byte = ::read(is_served[0], &byte, 1) == 1;
        const bool refused = sqlite::file_guard::acquire(d.file("x.db")).error() == errc::database_in_use &&
                             sqlite::file_guard::acquire(d.file("hard.db")).error() == errc::database_in_use;
        _exit(has_byte && refused ? 0 : 1);
    }
    auto guard = sqlite::file_guard::acquire(d.file("x.db")).value();
    std::filesystem::create_hard_link(d.file("x.db"), d.file("hard.db"));
    std::filesystem::remove(d.file("x.db.lock"));
    BOOST_TEST(::write(is_served[1], "x", 1) == 1);
    int status = -1;
    waitpid(stranger, &status, 0);
    BOOST_TEST(status == 0);
    close(is_served[0]);
    close(is_served[1]);
}

BOOST_AUTO_TEST_CASE(a_file_with_two_names_is_refused_and_left_as_it_is) {
    fixture f;
    f.db.stop().value();
    std::filesystem::create_hard_link(f.directory.file("test.db"), f.directory.file("hard.db"));
    BOOST_TEST(refusal(f.directory.file("test.db")) == errc::hard_linked);
    BOOST_TEST(refusal(f.directory.file("hard.db")) == errc::hard_linked);
    std::filesystem::remove(f.directory.file("hard.db"));
    BOOST_TEST(database::open(f.settings([](options&) {})).has_value());
}

BOOST_AUTO_TEST_CASE(another_process_is_let_in_when_the_database_has_ended,
                     *boost::unit_test::enable_if<children_may_allocate>()) {
    fixture f;
    BOOST_TEST(open_in_child(f.directory.file("test.db")) == value_of(errc::database_in_use));
    f.db.stop().value();
    BOOST_TEST(open_in_child(f.directory.file("test.db")) == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_another_one_takes_the_place_of_is_noticed) {
    temp_directory d;
    auto guard = sqlite::file_guard::acquire(d.file("x.db")).value();
    BOOST_TEST(guard.check_names().has_value());
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const auto name = d.file("x.db") + suffix;
        if (*suffix != '\0') std::ofstream(name) << "seen";
        BOOST_TEST(guard.check_names().has_value());
        std::filesystem::rename(name, d.file("aside"));
        BOOST_TEST(guard.check_names().error() == errc::file_replaced);
        std::ofstream(name) << "another";
        BOOST_TEST(guard.check_names().error() == errc::file_replaced);
        BOOST_TEST(guard.check_names().error().diagnostic() == name);
        std::filesystem::rename(d.file("aside"), name);
        BOOST_TEST(guard.check_names().has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_database_whose_file_was_replaced_takes_no_write_and_says_so_once) {
    fixture f, other;
    const auto things = [](read_session& session) { return session.first_integer("SELECT count(*) FROM thing"); };
    write(f.db, add_thing("before")).value();
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 1);  // a reader's connection is open
    other.db.stop().value();
    std::filesystem::rename(f.directory.file("test.db"), f.directory.file("aside.db"));
    std::filesystem::rename(other.directory.file("test.db"), f.directory.file("test.db"));
    BOOST_TEST(eventually([&] { return f.db.stats().writer.poisoned; }));
    for (int i = 0; i < 3; ++i) BOOST_TEST(write(f.db, add_thing("after")).error() == errc::file_replaced);
    BOOST_TEST(f.logged("no write is accepted any more, restart needed: ") == 1u);
    // Who has the file open still reads it; a reader that would open the other one does not. The reader with a connection
    // is chosen when it is idle again, which is a moment after its reply.
    BOOST_TEST(eventually([&] {
        const auto seen = read(f.db, things);
        return seen.has_value() && seen.value() == 1;
    }));
    std::optional<held_read> held;
    BOOST_TEST(eventually([&] {
        try {
            held.emplace(f.db);
        } catch (const std::future_error&) {
        }
        return held.has_value();
    }));
    BOOST_TEST(read(f.db, things).error() == errc::file_replaced);
    held->release();
    BOOST_TEST(f.db.stop().error() == errc::file_replaced);
    const auto replacing = std::filesystem::path(f.directory.file("test.db"));
    BOOST_TEST(std::filesystem::exists(replacing));
}

BOOST_AUTO_TEST_CASE(a_served_file_keeps_its_names) {
    fixture f;
    f.db.stop().value();
    auto guard = sqlite::file_guard::acquire(f.directory.file("test.db")).value();
    std::atomic<std::uint64_t> busy{0};
    const auto wanted = sqlite::profile_of(f.settings([](options&) {}), sqlite::role::writer);
    auto writer = sqlite::connection::open(guard.path(), wanted, busy).value();
    for (int i = 0; i < 3; ++i) {
        BOOST_REQUIRE(writer->run_trusted("INSERT INTO parent DEFAULT VALUES").has_value());
        BOOST_TEST(guard.check_names().has_value());
        BOOST_REQUIRE(writer->checkpoint(sqlite::checkpoint_mode::truncate).has_value());
        BOOST_TEST(guard.check_names().has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
