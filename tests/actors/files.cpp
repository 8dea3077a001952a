// Which files carrel serves, and that a refusal leaves nothing behind.
#include "fixture.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace carrel;
using namespace carrel::testing;

namespace {

std::set<std::string> files_in(const temp_directory& directory) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
        names.insert(entry.path().filename());
    return names;
}

errc refusal(const std::string& path) {
    auto opened = database::open({.path = path});
    BOOST_REQUIRE(opened.has_error());
    BOOST_REQUIRE((opened.error().code().category() == carrel_category()));
    return static_cast<errc>(opened.error().code().value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_missing_directory_is_refused_and_not_made) {
    temp_directory d;
    BOOST_TEST(refusal(d.file("nowhere/x.db")) == errc::no_directory);
    BOOST_TEST(files_in(d).empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused_and_left_as_it_is) {
    temp_directory d;
    std::ofstream(d.file("x.db")) << "this is a letter, not a database, and long enough to have a header";
    BOOST_TEST(refusal(d.file("x.db")) == errc::not_a_database);
    BOOST_TEST((files_in(d) == std::set<std::string>{"x.db"}));
    std::string word;
    std::ifstream(d.file("x.db")) >> word;
    BOOST_TEST(word == "this");
}

BOOST_AUTO_TEST_CASE(a_read_only_file_is_refused_whoever_asks) {
    temp_directory d;
    std::move(database::open({.path = d.file("x.db")}).value()).stop().value();
    chmod(d.file("x.db").c_str(), 0444);
    BOOST_TEST(refusal(d.file("x.db")) == errc::read_only_file);
    BOOST_TEST((files_in(d) == std::set<std::string>{"x.db"}));
}

BOOST_AUTO_TEST_CASE(a_directory_is_no_database) {
    temp_directory d;
    std::filesystem::create_directory(d.file("x.db"));
    BOOST_TEST(refusal(d.file("x.db")) == errc::not_a_database);
}

BOOST_AUTO_TEST_CASE(a_second_handle_on_the_same_file_is_refused_while_the_first_lives) {
    fixture f;
    BOOST_TEST(refusal(f.directory.file("test.db")) == errc::database_in_use);
    std::filesystem::create_symlink(f.directory.path(), f.directory.file("link"));
    BOOST_TEST(refusal(f.directory.file("link/test.db")) == errc::database_in_use);
    { auto ended = std::move(f.db); }
    BOOST_TEST(database::open({.path = f.directory.file("test.db"), .migrations = schema}).has_value());
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_not_followed) {
    fixture f;
    f.db.stop().value();
    std::filesystem::create_symlink(f.directory.file("test.db"), f.directory.file("link.db"));
    BOOST_TEST(database::open({.path = f.directory.file("link.db"), .migrations = schema}).has_error());
}

BOOST_AUTO_TEST_CASE(files_are_for_their_owner_only) {
    fixture f;
    write(f.db, add_thing("x")).value();
    for (const char* name : {"test.db", "test.db-wal", "test.db-shm", "test.db.lock"}) {
        struct stat info {};
        BOOST_REQUIRE(stat(f.directory.file(name).c_str(), &info) == 0);
        BOOST_TEST((info.st_mode & 0777) == 0600u, name);
    }
}

BOOST_AUTO_TEST_CASE(a_memory_database_has_many_readers_and_vanishes) {
    auto opened = database::open({.path = ":memory:", .migrations = schema});
    BOOST_REQUIRE(opened.has_value());
    write(*opened, add_thing("x")).value();
    auto counted =
        read(*opened, [](read_session& session) { return session.first_integer("SELECT count(*) FROM thing"); });
    BOOST_TEST(counted.value().value() == 1);
    auto second = database::open({.path = ":memory:", .migrations = schema});
    BOOST_REQUIRE(second.has_value());
    auto other =
        read(*second, [](read_session& session) { return session.first_integer("SELECT count(*) FROM thing"); });
    BOOST_TEST(other.value().value() == 0);
}

BOOST_AUTO_TEST_CASE(an_option_out_of_range_is_named) {
    temp_directory d;
    auto refused = database::open({.path = d.file("x.db"), .readers_max = 0});
    BOOST_TEST((refused.error() == errc::invalid_option));
    BOOST_TEST(refused.error().diagnostic().find("readers_max = 0") == 0u);
    BOOST_TEST(files_in(d).empty());
}

BOOST_AUTO_TEST_SUITE_END()
