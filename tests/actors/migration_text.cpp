// What a migration's text may hold, and what is left when it may not.
#include "fixture.hpp"
#include "sqlite/migrations.hpp"
#include "support/plain_sqlite.hpp"

using namespace carrel;
using namespace carrel::testing;

namespace {

result<database> open_with(const temp_directory& d, std::initializer_list<migration> migrations) {
    return database::open({.path = d.file("m.db"), .migrations = std::span(migrations.begin(), migrations.size())});
}

std::string in_file(const temp_directory& d, const std::string& sql) { return plain_sqlite(d.file("m.db")).text(sql); }

constexpr migration first{1, "first", "CREATE TABLE a(x INTEGER PRIMARY KEY); INSERT INTO a VALUES(1)"};

}  // namespace

BOOST_AUTO_TEST_SUITE(migration_text)

BOOST_AUTO_TEST_CASE(what_ends_the_transaction_or_changes_a_setting_is_refused_and_nothing_stays) {
    for (const std::string forbidden : {"COMMIT",
                                        "END",
                                        "BEGIN",
                                        "ROLLBACK",
                                        "SAVEPOINT s",
                                        "RELEASE s",
                                        "ROLLBACK TO s",
                                        "PRAGMA foreign_keys=OFF",
                                        "PRAGMA user_version=7",
                                        "PRAGMA journal_mode=DELETE",
                                        "PRAGMA writable_schema=1",
                                        "ATTACH 'other.db' AS o",
                                        "DETACH main",
                                        "VACUUM",
                                        "VACUUM INTO 'copy.db'",
                                        "DELETE FROM carrel_migrations",
                                        "DROP TABLE carrel_commit",
                                        "UPDATE carrel_commit SET sequence = 0",
                                        "ALTER TABLE carrel_commit RENAME TO c",
                                        "CREATE TEMP TABLE scratch(x)",
                                        "INSERT OR ROLLBACK INTO a VALUES(1)"}) {
        temp_directory d;
        open_with(d, {first}).value().stop().value();
        const auto text = "CREATE TABLE half(x); " + forbidden + "; CREATE TABLE other(x)";
        auto refused = open_with(d, {first, {2, "second", text}});
        BOOST_REQUIRE_MESSAGE(refused.has_error(), forbidden);
        BOOST_TEST(refused.error().diagnostic().find("migration 2 (second): ") == 0u, refused.error().diagnostic());
        BOOST_TEST(in_file(d, "SELECT count(*) FROM sqlite_schema WHERE name IN ('half', 'other')") == "0", forbidden);
        BOOST_TEST(in_file(d, "SELECT max(number) FROM carrel_migrations") == "1", forbidden);
        BOOST_TEST(open_with(d, {first}).has_value(), forbidden);
    }
}

BOOST_AUTO_TEST_CASE(the_refusal_says_what_was_refused) {
    temp_directory d;
    BOOST_TEST(open_with(d, {{1, "one", "CREATE TABLE a(x); COMMIT"}}).error().diagnostic() ==
               "migration 1 (one): COMMIT is not allowed in a migration");
    BOOST_TEST(open_with(d, {{1, "one", "PRAGMA cache_size=1"}}).error().diagnostic() ==
               "migration 1 (one): PRAGMA cache_size is not allowed in a migration");
}

BOOST_AUTO_TEST_CASE(text_that_ends_in_a_comment_is_applied_once) {
    for (const std::string end :
         {"; -- the notes", " -- the notes", "; /* the notes */", "; /* not closed", ";", ";;\n", " "}) {
        temp_directory d;
        const auto text = "CREATE TABLE a(x)" + end;
        for (int i = 0; i < 2; ++i) BOOST_TEST(open_with(d, {{1, "one", text}}).has_value(), end);
        BOOST_TEST(in_file(d, "SELECT count(*) FROM carrel_migrations") == "1", end);
    }
}

BOOST_AUTO_TEST_CASE(text_without_a_statement_is_recorded) {
    temp_directory d;
    for (int i = 0; i < 2; ++i) BOOST_TEST(open_with(d, {{1, "nothing", "-- reserved"}, {2, "it's", ""}}).has_value());
    BOOST_TEST(in_file(d, "SELECT group_concat(name) FROM carrel_migrations") == "nothing,it's");
}

BOOST_AUTO_TEST_CASE(text_with_a_nul_is_refused_before_anything_runs) {
    temp_directory d;
    const std::string_view text("CREATE TABLE a(x);\0CREATE TABLE b(x)", 36);
    auto refused = open_with(d, {first, {2, "second", text}});
    BOOST_TEST(refused.error() == errc::invalid_option);
    BOOST_TEST(refused.error().diagnostic() == "migration 2 (second) holds a NUL");
    BOOST_TEST(std::filesystem::is_empty(d.path()));
}

BOOST_AUTO_TEST_CASE(an_unfinished_statement_is_refused) {
    for (const char* text : {"CREATE TABLE b(x); CREATE TABLE c(", "CREATE TABLE b(x); INSERT INTO b VALUES('"}) {
        temp_directory d;
        open_with(d, {first}).value().stop().value();
        BOOST_TEST(open_with(d, {first, {2, "second", text}}).has_error());
        BOOST_TEST(in_file(d, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == "0");
    }
}

BOOST_AUTO_TEST_CASE(virtual_tables_and_temporary_helpers_work) {
    temp_directory d;
    BOOST_TEST(open_with(d, {{1, "text",
                              "CREATE VIRTUAL TABLE t USING fts5(words); INSERT INTO t VALUES('a b');"
                              "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);"
                              "CREATE TEMP TABLE scratch AS SELECT * FROM t; DROP TABLE scratch;"
                              "CREATE TABLE columns AS SELECT name FROM pragma_table_info('t')"}})
                   .has_value());
    BOOST_TEST(in_file(d, "SELECT count(*) FROM t WHERE t MATCH 'b'") == "1");
}

BOOST_AUTO_TEST_CASE(records_of_0_1_0_stay_valid) {
    // As 0.1.0 recorded it.
    BOOST_TEST(sqlite::checksum_of("CREATE TABLE a(x)") ==
               "b8c2f006b34c22121aed2ce43713f43570cb14a457a16aa788e6308e8522e093");
}

// -- the documented rebuild of a table ---

struct family {
    family() { open_with(d, {parents}).value().stop().value(); }
    temp_directory d;
    static constexpr migration parents{1, "parents",
                                       "CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT);"
                                       "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL "
                                       "REFERENCES parent(id) ON DELETE CASCADE);"
                                       "INSERT INTO parent VALUES(1, 'a'); INSERT INTO child VALUES(1, 1), (2, 1)"};
    static constexpr const char* rebuild =
        "CREATE TABLE fresh(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
        "INSERT INTO fresh SELECT id, name FROM parent; DROP TABLE parent; ALTER TABLE fresh RENAME TO parent";
};

BOOST_AUTO_TEST_CASE(a_rebuild_with_foreign_keys_off_keeps_the_children) {
    family f;
    auto opened = open_with(f.d, {family::parents, {2, "rebuild", family::rebuild, migration::foreign_key_mode::off}});
    BOOST_REQUIRE(opened.has_value());
    auto count = read(*opened, [](read_session& s) { return s.first_integer("SELECT count(*) FROM child"); });
    BOOST_TEST(count.value().value() == 2);
    // They are on again.
    auto orphan = write(*opened, [](write_session& s) { return s.execute("INSERT INTO child VALUES(3, 99)"); });
    BOOST_TEST(orphan.has_error());
}

BOOST_AUTO_TEST_CASE(a_rebuild_that_loses_parents_is_rolled_back) {
    family f;
    const auto text = std::string(family::rebuild) + "; DELETE FROM parent";
    auto refused = open_with(f.d, {family::parents, {2, "rebuild", text, migration::foreign_key_mode::off}}).error();
    BOOST_TEST((refused == sqlite_errc::constraint_foreign_key));
    BOOST_TEST(refused.diagnostic().find("migration 2 (rebuild): ") == 0u);
    BOOST_TEST(refused.diagnostic().find("child") != std::string::npos);
    BOOST_TEST(in_file(f.d, "SELECT count(*) FROM child") == "2");
    BOOST_TEST(in_file(f.d, "SELECT count(*) FROM parent") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
