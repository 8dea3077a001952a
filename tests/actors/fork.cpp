// A forked child has copies of everything and owns none of it.
#include "fixture.hpp"
#include "sqlite/file_guard.hpp"
#include "sqlite/process_fork.hpp"
#include "support/child_process.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>

using namespace carrel;
using namespace carrel::testing;

BOOST_AUTO_TEST_SUITE(forks)

BOOST_AUTO_TEST_CASE(a_child_is_of_a_later_generation) {
    fixture f;
    const auto mine = detail::fork_generation();
    BOOST_TEST(in_child([&] { return detail::fork_generation() == mine + 1 ? 0 : 1; }) == 0);
    BOOST_TEST(in_child([&] { return in_child([&] { return detail::fork_generation() == mine + 2 ? 0 : 1; }); }) == 0);
    BOOST_TEST(detail::fork_generation() == mine);
}

BOOST_AUTO_TEST_CASE(a_guard_that_ends_in_a_child_touches_no_file) {
    temp_directory d;
    std::optional guard(sqlite::file_guard::acquire(d.file("x.db")).value());
    BOOST_TEST(in_child([&] {
                   guard->remove_new_file();
                   guard.reset();
                   return 0;
               }) == 0);
    BOOST_TEST(std::filesystem::exists(d.file("x.db")));
    BOOST_TEST(std::filesystem::exists(d.file("x.db.lock")));
    BOOST_TEST(sqlite::file_guard::acquire(d.file("x.db")).error() == errc::database_in_use);
}

BOOST_AUTO_TEST_CASE(a_private_directory_survives_a_child) {
    std::optional guard(sqlite::file_guard::acquire(":memory:").value());
    BOOST_TEST(in_child([&] {
                   guard.reset();
                   return 0;
               }) == 0);
    BOOST_TEST(std::filesystem::exists(guard->path()));
}

BOOST_AUTO_TEST_CASE(a_child_cannot_open_what_its_parent_has_open,
                     *boost::unit_test::enable_if<children_may_allocate>()) {
    fixture f;
    BOOST_TEST(in_child([&] {
                   auto opened = sqlite::file_guard::acquire(f.directory.file("test.db"));
                   // 0.1.0's lock beside the file is the parent's, and seen first.
                   return opened.error() == errc::database_in_use ? 0 : 1;
               }) == 0);
    BOOST_TEST(in_child([&] {
                   unlink(f.directory.file("test.db.lock").c_str());
                   return sqlite::file_guard::acquire(f.directory.file("test.db")).error() == errc::forked ? 0 : 1;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(a_child_keeps_no_lock_of_its_parent) {
    temp_directory d;
    std::optional guard(sqlite::file_guard::acquire(d.file("x.db")).value());
    int until_parent_is_done[2];
    BOOST_REQUIRE(pipe(until_parent_is_done) == 0);
    const pid_t child = fork();
    if (child == 0) {
        close(until_parent_is_done[1]);
        char byte = 0;
        _exit(read(until_parent_is_done[0], &byte, 1) == 0 ? 0 : 1);
    }
    guard.reset();
    BOOST_TEST(sqlite::file_guard::acquire(d.file("x.db")).has_value());
    // A process that does not unlock, as one that was killed: the child must not hold the lock in its place.
    BOOST_TEST(in_child([&] {
                   auto killed = sqlite::file_guard::acquire(d.file("x.db"));
                   if (!killed) return 1;
                   const pid_t heir = fork();
                   if (heir == 0) {
                       close(until_parent_is_done[1]);
                       char byte = 0;
                       _exit(read(until_parent_is_done[0], &byte, 1) == 0 ? 0 : 1);
                   }
                   _exit(0);
               }) == 0);
    // The heir closes what it inherited as soon as it runs.
    BOOST_TEST(eventually([&] { return sqlite::file_guard::acquire(d.file("x.db")).has_value(); }));
    close(until_parent_is_done[1]);
    int status = -1;
    waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
    close(until_parent_is_done[0]);
}

BOOST_AUTO_TEST_SUITE_END()
