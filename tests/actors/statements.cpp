// What can be bound, what a column can be read as, and what is refused with which code.
#include "fixture.hpp"
#include "sqlite/connection.hpp"

#include <cmath>
#include <limits>

using namespace carrel;
using namespace carrel::testing;

namespace {

// A string that is too long for std::string's own buffer, so that a view of it dangles once it is gone.
std::string name(int i) { return "a name that is long enough to be on the heap, number " + std::to_string(i); }

constexpr const char* insert_sql = "INSERT INTO thing(name, size) VALUES(?, ?)";

std::string stored_name(fixture& f) {
    return read(f.db, [](read_session& session) { return session.first<std::string>("SELECT name FROM thing"); })
        .value()
        .value();
}

// The error of a statement that binds what `bind` binds, run on the writer.
template <class Bind>
error bind_error(fixture& f, Bind bind) {
    auto outcome = write(f.db, [bind](write_session& session) -> result<void> {
        auto insert = session.prepare(insert_sql);
        if (!insert) return insert.error();
        bind(*insert);
        return insert->run();
    });
    BOOST_REQUIRE(outcome.has_error());
    BOOST_TEST(f.count("SELECT count(*) FROM thing") == 0);
    return outcome.error();
}

bool says(const error& e, const char* text) { return e.diagnostic().find(text) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(statements)

BOOST_AUTO_TEST_CASE(a_temporary_string_is_copied_into_the_statement) {
    fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        auto insert = session.prepare(insert_sql);
        if (!insert) return insert.error();
        insert->bind(name(1), 1);
        const auto other = name(2);  // takes the memory that the temporary gave back
        return insert->run();
    }).value();
    BOOST_TEST(stored_name(f) == name(1));
}

BOOST_AUTO_TEST_CASE(temporary_blobs_optionals_and_values_are_copied) {
    fixture f;
    const auto bytes = [] { return blob(100, std::byte{7}); };
    auto seen = write(f.db, [&](write_session& session) -> result<std::tuple<std::string, std::string, blob>> {
        auto echo = session.prepare("SELECT ?, ?, ?");
        if (!echo) return echo.error();
        echo->bind(std::optional(name(1)), value(name(2)), bytes());
        const std::vector<std::string> others{name(3), name(4)};
        const blob other(100, std::byte{9});
        if (auto row = echo->step(); !row) return row.error();
        return echo->row<std::tuple<std::string, std::string, blob>>();
    });
    const auto [text, held, raw] = seen.value().value;
    BOOST_TEST(text == name(1));
    BOOST_TEST(held == name(2));
    BOOST_TEST((raw == bytes()));
}

BOOST_AUTO_TEST_CASE(what_outlives_the_statement_is_not_copied) {
    fixture f;
    auto seen = write(f.db, [](write_session& session) -> result<std::string> {
        auto echo = session.prepare("SELECT ?");
        if (!echo) return echo.error();
        std::string text = name(1);
        echo->bind(text);
        text[0] = 'A';
        if (auto row = echo->step(); !row) return row.error();
        return echo->get<std::string>(0);
    });
    BOOST_TEST(seen.value().value.front() == 'A');
}

BOOST_AUTO_TEST_CASE(a_range_of_values_may_go_once_it_is_bound) {
    fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        auto insert = session.prepare(insert_sql);
        if (!insert) return insert.error();
        std::vector<value> values{name(1), std::int64_t{1}};
        insert->bind_range(values);
        values.clear();
        const auto other = name(2);
        return insert->run();
    }).value();
    BOOST_TEST(stored_name(f) == name(1));
}

BOOST_AUTO_TEST_CASE(one_statement_owns_its_text_and_its_values) {
    fixture f;
    auto sql = std::make_unique<std::string>(std::string(insert_sql) + " /* made at run time, for one test only */");
    auto text = std::make_unique<std::string>(name(1));
    one_statement insert(write_sql::dynamic(*sql), std::string_view(*text), 1);
    *sql = std::string(sql->size(), 'x');
    *text = std::string(text->size(), 'x');
    sql.reset();
    text.reset();
    BOOST_TEST(write(f.db, insert).value().value == 1);
    BOOST_TEST(stored_name(f) == name(1));
}

BOOST_AUTO_TEST_CASE(one_statement_owns_pointers_spans_and_optional_views) {
    fixture f;
    blob bytes(50, std::byte{3});
    std::string text = name(1);
    std::string other = name(2);
    one_statement insert("INSERT INTO thing(name, size) VALUES(? || ? || ?, 1)", text.c_str(), blob_view(bytes),
                         std::optional(std::string_view(other)));
    text.assign(text.size(), 'x');
    other.assign(other.size(), 'x');
    bytes.assign(bytes.size(), std::byte{'x'});
    write(f.db, insert).value();
    BOOST_TEST(stored_name(f) == name(1) + std::string(50, '\3') + name(2));
}

BOOST_AUTO_TEST_CASE(work_owns_what_its_views_show) {
    fixture f;
    std::string text = name(1);
    auto insert = work([](write_session& session,
                          std::string_view given) -> result<void> { return session.execute(insert_sql, given, 1); },
                       std::string_view(text));
    text.assign(text.size(), 'x');
    write(f.db, insert).value();
    BOOST_TEST(stored_name(f) == name(1));
}

BOOST_AUTO_TEST_CASE(an_integer_above_64_bits_signed_is_refused) {
    fixture f;
    const auto e = bind_error(f, [](statement& s) { s.bind("x", std::numeric_limits<std::uint64_t>::max()); });
    BOOST_TEST((e == errc::wrong_parameters));
    BOOST_TEST(says(e, "value 2 is above the largest"));
    one_statement fits("INSERT INTO thing(size) VALUES(?)",
                       static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    BOOST_TEST(write(f.db, fits).has_value());
}

BOOST_AUTO_TEST_CASE(nan_is_refused) {
    fixture f;
    for (const value& given : {value(std::nan("")), value(std::int64_t{0})}) {
        const auto e = bind_error(f, [&](statement& s) {
            if (given.index() == 2) s.bind_range(std::vector<value>{"x", given});
            else s.bind("x", std::nan(""));
        });
        BOOST_TEST((e == errc::wrong_parameters));
        BOOST_TEST(says(e, "value 2 is NaN"));
    }
}

BOOST_AUTO_TEST_CASE(a_null_pointer_to_text_is_refused) {
    fixture f;
    const auto e = bind_error(f, [](statement& s) { s.bind(static_cast<const char*>(nullptr), 1); });
    BOOST_TEST((e == errc::wrong_parameters));
    BOOST_TEST(says(e, "value 1 is a null pointer"));
    const auto kept =
        write(f.db, one_statement("INSERT INTO thing(name) VALUES(?)", static_cast<const char*>(nullptr)));
    BOOST_TEST((kept.error() == errc::wrong_parameters));
}

BOOST_AUTO_TEST_CASE(truth_values_and_null_are_bound_as_such) {
    fixture f;
    auto row = read(f.db, [](read_session& session) {
        return session.first<std::tuple<std::int64_t, bool, std::optional<int>, std::optional<int>>>(
            "SELECT ?, ?, ?, ?", true, false, std::nullopt, std::optional<int>());
    });
    BOOST_TEST((row.value().value() == std::tuple(std::int64_t{1}, false, std::optional<int>(), std::optional<int>())));
}

BOOST_AUTO_TEST_CASE(parameters_are_bound_by_their_names) {
    fixture f;
    auto sum = read(f.db, [](read_session& session) {
        return session.first_integer("SELECT :a * 100 + @b * 10 + $c", named("c", 3), named(":a", 1), named("b", 2));
    });
    BOOST_TEST(sum.value().value() == 123);
}

BOOST_AUTO_TEST_CASE(names_that_are_unknown_given_twice_or_left_out_are_refused) {
    fixture f;
    const auto fails = [&](const char* text, auto... values) {
        auto e = read(f.db, [=](read_session& session) { return session.first_integer("SELECT :a + :b", values...); });
        BOOST_TEST((e.error() == errc::wrong_parameters));
        BOOST_TEST(says(e.error(), text), e.error().message());
    };
    fails("the statement has not", named("a", 1), named("c", 2));
    fails("bound twice", named("a", 1), named("a", 2));
    fails("SELECT", named("a", 1));
}

BOOST_AUTO_TEST_CASE(a_named_temporary_is_copied) {
    fixture f;
    write(f.db, [](write_session& session) -> result<void> {
        auto insert = session.prepare("INSERT INTO thing(name, size) VALUES(:name, 1)");
        if (!insert) return insert.error();
        insert->bind(named("name", name(1)));
        const auto other = name(2);
        return insert->run();
    }).value();
    BOOST_TEST(stored_name(f) == name(1));
}

BOOST_AUTO_TEST_CASE(the_first_integer_is_an_integer_or_an_error) {
    fixture f;
    for (read_sql sql : {read_sql("SELECT 'text'"), read_sql("SELECT 2.75"), read_sql("SELECT x'01'")}) {
        auto seen = read(f.db, [sql](read_session& session) { return session.first_integer(sql); });
        BOOST_TEST((seen.error() == errc::wrong_type), sql.text());
    }
    auto null = read(f.db, [](read_session& session) { return session.first_integer("SELECT NULL"); });
    BOOST_TEST(!null.value().has_value());
}

BOOST_AUTO_TEST_CASE(a_column_out_of_range_is_an_error_and_reads_as_null) {
    fixture f;
    read(f.db, [](read_session& session) -> result<void> {
        auto one = session.prepare("SELECT 7");
        if (!one) return one.error();
        BOOST_TEST(one->get<int>(0).error().code().value() == 21);  // SQLITE_MISUSE: no row yet
        if (auto row = one->step(); !row) return row.error();
        for (int column : {-1, 1, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
            BOOST_TEST(one->get<int>(column).error().code().value() == 25);  // SQLITE_RANGE
            BOOST_TEST(one->is_null(column));
            BOOST_TEST(one->integer(column) == 0);
            BOOST_TEST(one->real(column) == 0);
            BOOST_TEST(one->text(column) == "");
            BOOST_TEST(one->bytes(column).empty());
            BOOST_TEST(one->at(column).is_null());
            BOOST_TEST(one->column_name(column) == "");
        }
        BOOST_TEST(one->get<int>(0).value() == 7);
        return {};
    }).value();
}

BOOST_AUTO_TEST_CASE(a_read_that_would_write_is_not_a_read) {
    fixture f;
    for (const char* sql :
         {"WITH t AS (SELECT 1) DELETE FROM thing", "WITH t AS (SELECT 1) INSERT INTO thing(id) SELECT 1",
          "UPDATE thing SET size = 1", "CREATE TABLE t(a)", "DROP TABLE thing", "REINDEX"}) {
        auto refused = read(f.db, [sql](read_session& session) -> result<void> {
            auto prepared = session.prepare(read_sql::dynamic(sql));
            return prepared ? result<void>() : prepared.error();
        });
        BOOST_TEST((refused.error() == errc::not_a_read), sql << ": " << refused.error().message());
    }
}

BOOST_AUTO_TEST_CASE(comments_and_blanks_may_follow_a_statement) {
    fixture f;
    for (const char* tail :
         {"", ";", "; -- note", ";\n-- note\n", "; /* note */ ;", "; /* open", " \t\r\n\f;;", "; --"}) {
        auto one = read(f.db, [tail](read_session& session) {
            return session.first_integer(read_sql::dynamic(std::string("SELECT 1") + tail));
        });
        BOOST_TEST(one.value().value() == 1, tail);
    }
    for (const auto& tail : {std::string("; SELECT 2"), std::string("; -- note\nSELECT 2"),
                             std::string("; /* note */ SELECT 2"), std::string("\0; SELECT 2", 11)}) {
        auto two = read(f.db, [tail](read_session& session) {
            return session.first_integer(read_sql::dynamic("SELECT 1" + tail));
        });
        BOOST_REQUIRE(two.has_error());
        BOOST_TEST(says(two.error(), "more than one statement"), two.error().message());
    }
}

BOOST_AUTO_TEST_CASE(a_cancelled_write_ends_before_its_next_statement_and_keeps_its_transaction) {
    temp_directory directory;
    { database::open({.path = directory.file("test.db"), .migrations = schema}).value().stop().value(); }
    std::atomic<std::uint64_t> busy{0};
    const auto wanted = sqlite::profile_of(options(), sqlite::role::writer);
    auto opened = sqlite::connection::open(directory.file("test.db"), wanted, busy).value();
    std::atomic<bool> cancelled{false};
    opened->begin().value();
    opened->watching().arm(std::chrono::steady_clock::time_point::max(), std::nullopt, &cancelled, nullptr,
                           sqlite::cancellation::between_statements);
    write_session session(*opened);
    auto rows = session.prepare(
        "INSERT INTO thing(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) "
        "SELECT i FROM n WHERE i % 10000 = 0 RETURNING name");
    auto again = session.prepare("INSERT INTO thing(size) VALUES(1)");
    BOOST_TEST(rows->bind().step().value());
    cancelled = true;
    BOOST_TEST(rows->run().has_value());  // has begun
    BOOST_TEST((again->bind().run().error() == errc::cancelled));
    BOOST_TEST((session.execute("DELETE FROM thing").error() == errc::cancelled));
    BOOST_TEST((opened->watching().tripped() == errc::cancelled));
    BOOST_TEST(opened->in_transaction());
    opened->watching().disarm();
    BOOST_TEST(session.first_integer("SELECT count(*) FROM thing").value().value() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
