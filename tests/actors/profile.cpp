// The SQLite profile: set on every open, read back, refused if it differs.
#include "sqlite/profile.hpp"
#include "fixture.hpp"
#include "sqlite/connection.hpp"

#include <sqlite3.h>

using namespace carrel;
using namespace carrel::testing;

namespace {

struct profile_fixture : fixture {
    profile_fixture() { db.stop().value(); }
    std::unique_ptr<sqlite::connection> open(sqlite::role role) {
        wanted = sqlite::profile_of(settings([](options&) {}), role);
        auto opened = sqlite::connection::open(directory.file("test.db"), wanted, busy).value();
        // A job may not read its connection's settings; the test may.
        sqlite3_set_authorizer(opened->handle(), nullptr, nullptr);
        return opened;
    }
    std::atomic<std::uint64_t> busy{0};
    sqlite::profile wanted;
};

void run(sqlite::connection& connection, const std::string& sql) {
    BOOST_REQUIRE_MESSAGE(connection.run_trusted(sql).has_value(), sql);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profile)

BOOST_AUTO_TEST_CASE(a_fresh_connection_reads_back_what_was_set) {
    profile_fixture f;
    auto writer = f.open(sqlite::role::writer);
    BOOST_TEST(sqlite::first_difference(writer->handle(), f.wanted) == "");
    auto reader = f.open(sqlite::role::reader);
    BOOST_TEST(sqlite::first_difference(reader->handle(), f.wanted) == "");
}

BOOST_AUTO_TEST_CASE(each_pragma_that_differs_is_noticed) {
    profile_fixture f;
    const auto check = [&](sqlite::role role, const char* name, const char* other) {
        auto connection = f.open(role);
        run(*connection, std::string("PRAGMA ") + name + "=" + other);
        const auto difference = sqlite::first_difference(connection->handle(), f.wanted);
        BOOST_TEST(difference.find(name) == 0u, name << ": " << difference);
    };
    for (auto role : {sqlite::role::writer, sqlite::role::reader}) {
        check(role, "foreign_keys", "OFF");
        check(role, "trusted_schema", "ON");
        check(role, "busy_timeout", "1");
        check(role, "temp_store", "FILE");
        check(role, "mmap_size", "1048576");
        check(role, "cache_size", "10");
    }
    check(sqlite::role::writer, "synchronous", "NORMAL");
    check(sqlite::role::writer, "cache_spill", "ON");
    check(sqlite::role::writer, "wal_autocheckpoint", "1000");
    check(sqlite::role::reader, "query_only", "OFF");
}

BOOST_AUTO_TEST_CASE(each_switch_and_limit_that_differs_is_noticed) {
    profile_fixture f;
    for (int operation : {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
                          SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
                          SQLITE_DBCONFIG_WRITABLE_SCHEMA}) {
        auto connection = f.open(sqlite::role::reader);
        const bool off_by_profile = operation != SQLITE_DBCONFIG_DEFENSIVE;
        sqlite3_db_config(connection->handle(), operation, off_by_profile ? 1 : 0, nullptr);
        BOOST_TEST(sqlite::first_difference(connection->handle(), f.wanted) != "", operation);
    }
    auto connection = f.open(sqlite::role::reader);
    sqlite3_limit(connection->handle(), SQLITE_LIMIT_LENGTH, 1000);
    BOOST_TEST(sqlite::first_difference(connection->handle(), f.wanted).find("limit LENGTH") == 0u);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_not_in_wal_mode_gets_no_reader) {
    profile_fixture f;
    sqlite3* plain = nullptr;
    sqlite3_open(f.directory.file("test.db").c_str(), &plain);
    sqlite3_exec(plain, "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
    sqlite3_close(plain);
    f.wanted = sqlite::profile_of(f.settings([](options&) {}), sqlite::role::reader);
    auto refused = sqlite::connection::open(f.directory.file("test.db"), f.wanted, f.busy);
    BOOST_TEST((refused.error() == errc::profile_mismatch));
}

BOOST_AUTO_TEST_CASE(a_path_is_never_taken_for_a_uri) {
    fixture f;
    const auto path = f.directory.file("file:odd?mode=memory");
    auto opened = database::open({.path = path});
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(std::filesystem::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()
