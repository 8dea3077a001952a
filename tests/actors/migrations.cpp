// Numbered, checksummed, each in one transaction with its record.
#include "sqlite/migrations.hpp"

#include "fixture.hpp"
#include "support/child_process.hpp"
#include "support/plain_sqlite.hpp"

#include <regex>

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

namespace {

// The file of a program that was killed, with what it wrote last in the WAL alone. The WAL's index is not compared: who
// reads leaves a mark in it. Nor is the lock, which whoever gets it takes away.
void leave_with_wal(const temp_directory& d, std::span<const migration> migrations) {
    const int status = in_child([&] {
        auto* const opened = new result<database>(open_with(d, migrations));  // never ended
        if (!*opened) return 1;
        auto written = (*opened)->write(one_statement("INSERT INTO a VALUES (2)"));
        return written ? 0 : 2;
    });
    BOOST_REQUIRE(status == 0);
    BOOST_REQUIRE(std::filesystem::file_size(d.file("m.db-wal")) > 0);
}

auto contents_of_database(const temp_directory& d) {
    auto contents = contents_of(d.path());
    contents.erase("m.db-shm");
    contents.erase("m.db.lock");
    return contents;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_pending_migration_is_logged) {
    temp_directory d;
    std::vector<std::string> log;
    const auto open = [&](std::span<const migration> migrations) {
        log.clear();
        const auto keep = [&log](log_level, std::string_view text) { log.emplace_back(text); };
        database::open({.path = d.file("m.db"), .migrations = migrations, .log = keep}).value().stop().value();
    };
    const std::array three{first, second, migration{3, "third", "INSERT INTO a VALUES (4), (5); CREATE TABLE c(x)"}};
    const auto is_done = [](const std::string& line, const std::string& which) {
        return std::regex_search(line, std::regex("^" + which + R"( is done in [0-9]+\.[0-9]+ s: )"));
    };
    open(std::span(three).first(1));
    BOOST_TEST(log.empty());
    open(three);
    BOOST_REQUIRE(log.size() == 4);
    BOOST_TEST(log[0] == "migration 2 (second) begins, 1 of 2");
    BOOST_TEST(is_done(log[1], R"(migration 2 \(second\))"), log[1]);
    BOOST_TEST(log[2] == "migration 3 (third) begins, 2 of 2");
    BOOST_TEST(is_done(log[3], R"(migration 3 \(third\))"), log[3]);
    BOOST_TEST(log[3].find("s: 2 rows written, 4096 bytes more") != std::string::npos);
    open(three);
    BOOST_TEST(log.empty());
}

BOOST_AUTO_TEST_CASE(a_migration_that_takes_its_time_is_observed_from_inside_of_its_statement) {
    temp_directory d;
    std::atomic<std::uint64_t> busy{0};
    sqlite::profile wanted;
    wanted.role = sqlite::role::writer;
    std::size_t runs = 0;
    // Goes on until it was observed.
    const auto is_observed = [&](const function_arguments&) -> result<value> {
        return value(std::int64_t{runs > 0 ? 1 : 0});
    };
    wanted.scalar_functions = {{.name = "is_observed", .arguments = 0, .call = is_observed}};
    const std::ofstream made(d.file("m.db"));
    auto writer = sqlite::connection::open(d.file("m.db"), wanted, busy).value();
    const std::array endless{
        first, migration{2, "endless",
                         "INSERT INTO a SELECT max(i) FROM (WITH RECURSIVE n(i) AS "
                         "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE is_observed() = 0) SELECT i FROM n)"}};
    std::vector<std::string> texts;
    const auto observe = [&](const sqlite::migration_progress& now) {
        texts.push_back(sqlite::text_of(now));
        if (now.at == sqlite::migration_progress::phase::runs) ++runs;
        throw std::runtime_error("what an observer throws is ignored");
    };
    sqlite::migrate(*writer, endless, observe).value();
    BOOST_TEST(runs == 1u);
    BOOST_REQUIRE(texts.size() == 5);
    BOOST_TEST(
        std::regex_match(texts[3], std::regex(R"(migration 2 \(endless\) has run for [1-9][0-9]*\.[0-9]+ s, 2 of 2)")),
        texts[3]);
}

BOOST_AUTO_TEST_CASE(a_newer_file_is_refused_as_it_lies_there) {
    temp_directory d;
    const std::array both{first, second};
    leave_with_wal(d, both);
    const auto before = contents_of_database(d);
    const std::array one{first};
    const auto refused = open_with(d, one);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error() == errc::newer_database);
    BOOST_TEST(refused.error().diagnostic() ==
               "the file is at migration 2 (second), the program knows them to migration 1 (first)");
    BOOST_TEST((contents_of_database(d) == before));
    BOOST_TEST(open_with(d, both).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_with_another_text_is_refused_as_it_lies_there) {
    temp_directory d;
    const std::array both{first, second};
    leave_with_wal(d, both);
    const auto before = contents_of_database(d);
    const std::array changed{first, migration{2, "other", "CREATE TABLE b(y)"}};
    const auto refused = open_with(d, changed);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error() == errc::migration_changed);
    for (const char* part : {"the file has migration 2 (second) with digest", "the program migration 2 (other)"})
        BOOST_TEST(refused.error().diagnostic().find(part) != std::string::npos, refused.error().diagnostic());
    BOOST_TEST((contents_of_database(d) == before));
}

BOOST_AUTO_TEST_CASE(a_file_of_a_newer_format_is_refused_as_it_lies_there) {
    temp_directory d;
    const std::array both{first, second};
    open_with(d, both).value().stop().value();
    plain_sqlite(d.file("m.db")).run("PRAGMA user_version=2");
    const auto before = contents_of(d.path());
    const auto refused = open_with(d, both);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error() == errc::newer_database);
    BOOST_TEST(refused.error().diagnostic() == "the file has format 2, the program knows 1");
    BOOST_TEST((contents_of(d.path()) == before));
}

BOOST_AUTO_TEST_SUITE_END()
