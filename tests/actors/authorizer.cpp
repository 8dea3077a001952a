// Virtual tables work, and what the authorizer and DEFENSIVE close stays closed.
#include "fixture.hpp"
#include "sqlite/connection.hpp"

#include <sqlite3.h>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr const char* in_the_middle = "SELECT id FROM area WHERE x0 <= 5 AND x1 >= 5 ORDER BY id";

result<void> make_tables(write_session& session) {
    for (const char* sql :
         {"CREATE VIRTUAL TABLE area USING rtree(id, x0, x1, y0, y1, +label TEXT)",
          "CREATE VIRTUAL TABLE whole USING rtree_i32(id, x0, x1)", "CREATE VIRTUAL TABLE word USING fts5(text)",
          "CREATE VIRTUAL TABLE old_word USING fts4(text)"})
        if (auto made = session.execute(write_sql(sql)); !made) return made;
    return {};
}

result<void> fill_tables(write_session& session) {
    for (const char* sql :
         {"INSERT INTO area VALUES(1, 0, 10, 0, 10, 'one'), (2, 20, 30, 0, 10, 'two'), (3, 4, 6, 4, 6, 'three')",
          "INSERT INTO whole VALUES(1, 0, 10)", "INSERT INTO word(text) VALUES('green field')",
          "INSERT INTO old_word(text) VALUES('green field')", "UPDATE area SET x0 = 6, x1 = 7 WHERE id = 3",
          "DELETE FROM area WHERE id = 2"})
        if (auto done = session.execute(write_sql(sql)); !done) return done;
    return {};
}

// A work that prepares one statement and gives its error.
auto prepares(const char* sql) {
    return [sql](auto& session) -> result<void> {
        using session_type = std::remove_cvref_t<decltype(session)>;
        if constexpr (std::is_same_v<session_type, write_session>) {
            return session.execute(write_sql(sql));
        } else {
            auto prepared = session.prepare(read_sql::dynamic(sql));
            return prepared ? prepared->run() : prepared.error();
        }
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(authorizer)

BOOST_AUTO_TEST_CASE(virtual_tables_are_made_filled_and_queried_in_jobs_and_reads) {
    fixture f;
    write(f.db, make_tables).value();
    write(f.db, fill_tables).value();
    auto seen = write(f.db, [](write_session& session) { return session.all<std::int64_t>(write_sql(in_the_middle)); });
    BOOST_TEST(seen.value().value == std::vector<std::int64_t>{1});
    auto read_back =
        read(f.db, [](read_session& session) { return session.all<std::int64_t>(read_sql::dynamic(in_the_middle)); });
    BOOST_TEST(read_back.value() == std::vector<std::int64_t>{1});
    BOOST_TEST(f.count("SELECT count(*) FROM word WHERE word MATCH 'green'") == 1);
    BOOST_TEST(f.count("SELECT count(*) FROM old_word WHERE old_word MATCH 'green'") == 1);
    BOOST_TEST(f.count("SELECT count(*) FROM whole WHERE x0 < 1") == 1);
    BOOST_TEST(f.count("SELECT count(*) FROM area_node WHERE true") == 1);
    BOOST_TEST(f.count("SELECT rtreecheck('area') = 'ok'") == 1);
    for (const char* sql :
         {"ALTER TABLE area RENAME TO region", "DROP TABLE region", "DROP TABLE word", "DROP TABLE old_word"})
        BOOST_TEST(write(f.db, prepares(sql)).has_value(), sql);
}

BOOST_AUTO_TEST_CASE(the_first_use_of_a_connection_may_be_a_virtual_table) {
    temp_directory directory;
    const options settings{.path = directory.file("test.db"), .migrations = schema};
    {
        auto db = database::open(settings).value();
        write(db, make_tables).value();
        write(db, fill_tables).value();
    }
    for (const char* sql :
         {in_the_middle, "SELECT 1 FROM word WHERE word MATCH 'green'",
          "SELECT 1 FROM old_word WHERE old_word MATCH 'green'", "SELECT value FROM json_each('[1]')"}) {
        std::atomic<std::uint64_t> busy{0};
        for (auto role : {sqlite::role::writer, sqlite::role::reader}) {
            auto opened = sqlite::connection::open(settings.path, sqlite::profile_of(settings, role), busy).value();
            opened->begin().value();
            read_session session(*opened);
            auto seen = session.all<std::int64_t>(read_sql::dynamic(sql));
            BOOST_TEST(seen.has_value(), sql << (seen ? "" : seen.error().message()));
            BOOST_TEST(seen.value().size() == 1u, sql);
        }
        auto opened =
            sqlite::connection::open(settings.path, sqlite::profile_of(settings, sqlite::role::writer), busy).value();
        opened->begin().value();
        write_session session(*opened);
        BOOST_TEST(session.execute("INSERT INTO area VALUES(9, 0, 1, 0, 1, 'nine')").has_value());
        BOOST_TEST(opened->rollback());
    }
}

BOOST_AUTO_TEST_CASE(shadow_tables_and_the_schema_stay_closed) {
    fixture f;
    write(f.db, make_tables).value();
    write(f.db, fill_tables).value();
    for (const char* sql :
         {"UPDATE area_node SET data = x'00'", "DELETE FROM word_data", "INSERT INTO word_config VALUES('a', 1)",
          "UPDATE sqlite_master SET sql = ''", "INSERT INTO sqlite_schema(name) VALUES('x')",
          "DELETE FROM sqlite_master", "DROP TABLE area_node", "ALTER TABLE carrel_commit RENAME TO mine",
          "DROP TABLE carrel_commit", "DELETE FROM carrel_commit", "PRAGMA page_size = 512",
          "PRAGMA writable_schema = ON", "PRAGMA journal_mode", "ATTACH ':memory:' AS other", "CREATE TEMP TABLE t(a)",
          "VACUUM INTO '/tmp/never'"})
        BOOST_TEST(write(f.db, prepares(sql)).has_error(), sql);
    BOOST_TEST(f.count("SELECT rtreecheck('area') = 'ok'") == 1);
}

BOOST_AUTO_TEST_CASE(a_read_writes_nothing_whatever_it_prepares) {
    fixture f;
    write(f.db, make_tables).value();
    write(f.db, fill_tables).value();
    for (const char* sql :
         {"INSERT INTO thing(id) VALUES(1)", "INSERT INTO area VALUES(5, 0, 1, 0, 1, 'x')", "DELETE FROM area",
          "INSERT INTO word(word) VALUES('optimize')", "UPDATE area_node SET data = x'00'", "CREATE TEMP TABLE t(a)",
          "CREATE TABLE t(a)", "ATTACH ':memory:' AS other", "VACUUM INTO '/tmp/never'", "PRAGMA query_only = 0",
          "PRAGMA page_size = 512", "PRAGMA incremental_vacuum(9)", "UPDATE sqlite_master SET sql = ''",
          "SELECT fts3_tokenizer('simple')"})
        BOOST_TEST(read(f.db, prepares(sql)).has_error(), sql);
    // The connection itself does not write either, should a statement get past `prepare`.
    std::atomic<std::uint64_t> busy{0};
    f.db.stop().value();
    const auto settings = f.settings([](options&) {});
    auto reader =
        sqlite::connection::open(settings.path, sqlite::profile_of(settings, sqlite::role::reader), busy).value();
    for (const char* sql :
         {"INSERT INTO thing(id) VALUES(1)", "DELETE FROM area", "INSERT INTO word(word) VALUES('optimize')"})
        BOOST_TEST(sqlite3_exec(reader->handle(), sql, nullptr, nullptr, nullptr) == SQLITE_READONLY, sql);
}

BOOST_AUTO_TEST_CASE(free_pages_can_be_counted_and_given_back_in_steps) {
    fixture f([](options& settings) { settings.auto_vacuum = vacuum_mode::incremental; });
    const auto pages = [&](std::string_view pragma) {
        return read(f.db, [pragma](read_session& session) { return session.first_integer(read_sql::dynamic(pragma)); })
            .value()
            .value_or(-1);
    };
    BOOST_TEST(pages("PRAGMA auto_vacuum") == 2);
    write(f.db, [](write_session& session) -> result<void> {
        if (auto made = session.execute("CREATE TABLE large(bytes)"); !made) return made;
        return session.execute("INSERT INTO large VALUES (zeroblob(200000))");
    }).value();
    const auto all = pages("PRAGMA page_count");
    write(f.db, [](write_session& session) { return session.execute("DELETE FROM large"); }).value();
    const auto free = pages("PRAGMA freelist_count");
    BOOST_TEST(free >= 48);
    write(f.db, [](write_session& session) { return session.execute("PRAGMA incremental_vacuum(20)"); }).value();
    BOOST_TEST(pages("PRAGMA freelist_count") == free - 20);
    BOOST_TEST(pages("PRAGMA page_count") == all - 20);
    // A job that fails gives nothing back, as with any other statement.
    BOOST_TEST(write(f.db, [](write_session& session) -> result<void> {
                   if (auto done = session.execute("PRAGMA incremental_vacuum(5)"); !done) return done;
                   return error(errc::work_threw);
               }).has_error());
    BOOST_TEST(pages("PRAGMA page_count") == all - 20);
}

BOOST_AUTO_TEST_SUITE_END()
