// Numbered, checksummed, each in one transaction with its record.
#include "fixture.hpp"

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr migration first{1, "first", "CREATE TABLE a(x); INSERT INTO a VALUES(1)"};
constexpr migration second{2, "second", "CREATE TABLE b(x); CREATE INDEX b_x ON b(x)"};

result<database> open_with(const temp_directory& d, std::span<const migration> migrations, const char* name = "m.db") {
    return database::open({.path = d.file(name), .migrations = migrations});
}

std::string schema_text(database& db) {
    return read(db,
                [](read_session& session) -> result<std::string> {
                    auto query = session.prepare(
                        "SELECT group_concat(sql, ';' || char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)");
                    if (auto row = query->step(); !row) return row.error();
                    return std::string(query->text(0));
                })
        .value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migrations)

BOOST_AUTO_TEST_CASE(a_migrated_file_and_a_fresh_one_have_the_same_schema) {
    temp_directory d;
    const std::array one{first};
    const std::array both{first, second};
    open_with(d, one).value().stop().value();
    auto migrated = open_with(d, both);
    auto fresh = open_with(d, both, "fresh.db");
    BOOST_TEST(schema_text(*migrated) == schema_text(*fresh));
    BOOST_TEST(schema_text(*fresh).find("b_x") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_migration_is_applied_once) {
    temp_directory d;
    const std::array one{first};
    for (int i = 0; i < 3; ++i) {
        auto db = open_with(d, one);
        auto rows = read(*db, [](read_session& session) { return session.first_integer("SELECT count(*) FROM a"); });
        BOOST_TEST(rows.value().value() == 1);
    }
}

BOOST_AUTO_TEST_CASE(an_applied_migration_that_changed_is_refused) {
    temp_directory d;
    const std::array one{first};
    open_with(d, one).value().stop().value();
    const std::array changed{migration{1, "first", "CREATE TABLE a(y)"}};
    BOOST_TEST((open_with(d, changed).error() == errc::migration_changed));
}

BOOST_AUTO_TEST_CASE(a_file_newer_than_the_program_is_refused) {
    temp_directory d;
    const std::array both{first, second};
    open_with(d, both).value().stop().value();
    const std::array one{first};
    BOOST_TEST((open_with(d, one).error() == errc::newer_database));
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_half_way_leaves_the_file_at_the_one_before) {
    temp_directory d;
    const std::array broken{first, migration{2, "broken", "CREATE TABLE half(x); CREATE TABLE half(x)"}};
    BOOST_TEST(open_with(d, std::span(broken).first(1)).has_value());
    BOOST_TEST(open_with(d, broken).has_error());
    const std::array one{first};
    auto db = open_with(d, one);
    BOOST_REQUIRE(db.has_value());
    BOOST_TEST(schema_text(*db).find("half") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_open_that_fails_leaves_no_new_file) {
    temp_directory d;
    const std::array broken{migration{1, "broken", "CREATE TABL"}};
    BOOST_TEST(open_with(d, broken).has_error());
    BOOST_TEST(std::filesystem::is_empty(d.path()));
}

BOOST_AUTO_TEST_CASE(migrations_are_numbered_without_gaps) {
    temp_directory d;
    const std::array gap{first, migration{3, "third", "CREATE TABLE c(x)"}};
    BOOST_TEST((open_with(d, gap).error() == errc::invalid_option));
}

BOOST_AUTO_TEST_SUITE_END()
