// Functions, collations and the hook of the host.
#include "fixture.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

using namespace carrel;
using namespace carrel::testing;

namespace {

struct host_fixture : fixture {
    explicit host_fixture(const std::function<void(options&)>& change)
        : fixture(change) {}
    explicit host_fixture(scalar_function function)
        : fixture([&](options& o) { o.scalar_functions = {std::move(function)}; }) {}
    result<std::optional<value>> first(read_sql sql) {
        return read(db, [sql](read_session& session) { return session.first<value>(sql); });
    }
    value of(read_sql sql) { return first(sql).value().value(); }
    error failure(read_sql sql) { return first(sql).error(); }
};

error refusal(const std::function<void(options&)>& change) {
    temp_directory directory;
    options settings{.path = directory.file("test.db"), .migrations = schema};
    change(settings);
    auto opened = database::open(std::move(settings));
    BOOST_REQUIRE(opened.has_error());
    return opened.error();
}

bool says(const error& e, const std::string& text) { return e.diagnostic().find(text) != std::string::npos; }

text_function counting(const char* name, int arguments) {
    return {
        .name = name, .arguments = arguments, .call = [](std::span<const std::string_view> given, std::string& into) {
            into = std::to_string(given.size()) + ":" + std::string(given.empty() ? "" : given.back());
            return std::optional<std::string_view>(into);
        }};
}

int backwards(std::string_view a, std::string_view b) { return b.compare(a); }

}  // namespace

BOOST_AUTO_TEST_SUITE(functions)

BOOST_AUTO_TEST_CASE(a_text_function_takes_as_many_arguments_as_sqlite_does) {
    static const std::array all{counting("nine", 9), counting("any", -1), counting("none", 0)};
    host_fixture f([](options& o) { o.functions = all; });
    BOOST_TEST((f.of("SELECT nine(1, 2, 3, 4, 5, 6, 7, 8, 'z')") == value("9:z")));
    BOOST_TEST((f.of("SELECT any()") == value("0:")));
    BOOST_TEST((f.of("SELECT none()") == value("0:")));
    for (int count : {1, 8, 9, 12, 127}) {
        std::string sql = "SELECT any(";
        for (int i = 1; i < count; ++i) sql += "'a',";
        const auto got = read(f.db, [&](read_session& s) { return s.first<value>(read_sql::dynamic(sql + "'z')")); });
        BOOST_TEST((got.value().value() == value(std::to_string(count) + ":z")));
    }
}

BOOST_AUTO_TEST_CASE(a_function_that_sqlite_cannot_have_is_refused_by_name) {
    for (int arguments : {-2, 128, 1000}) {
        const std::array text{counting("strange", arguments)};
        const auto e = refusal([&](options& o) { o.functions = text; });
        BOOST_TEST((e == errc::invalid_option));
        BOOST_TEST(says(e, "strange"), e.message());
        auto typed = make_function<int()>("strange", [] { return 1; });
        typed.arguments = arguments;
        BOOST_TEST((refusal([&](options& o) { o.scalar_functions = {typed}; }) == errc::invalid_option));
    }
    BOOST_TEST(
        (refusal([](options& o) { o.scalar_functions = {scalar_function{.name = "empty"}}; }) == errc::invalid_option));
    BOOST_TEST((refusal([](options& o) { o.collations = {collation{.name = "empty"}}; }) == errc::invalid_option));
    const auto nameless = make_function<int()>("", [] { return 1; });
    BOOST_TEST((refusal([&](options& o) { o.scalar_functions = {nameless}; }) == errc::invalid_option));
}

BOOST_AUTO_TEST_CASE(a_function_takes_and_gives_values_of_their_types) {
    host_fixture f([](options& o) {
        o.scalar_functions = {
            make_function<double(std::int64_t, double)>("scale",
                                                        [](std::int64_t a, double b) { return double(a) * b; }),
            make_function<std::string(std::string_view)>(
                "twice", [](std::string_view t) { return std::string(t) + std::string(t); }),
            make_function<blob(const blob&)>("same", [](const blob& b) { return b; }),
            make_function<bool(std::optional<int>)>("given", [](std::optional<int> v) { return v.has_value(); }),
            make_function<std::optional<int>(int)>("even",
                                                   [](int v) { return v % 2 == 0 ? std::optional(v) : std::nullopt; }),
            make_function<result<value>(value)>("pass", [](const value& v) -> result<value> { return v; }),
            make_function<void(int)>("discard", [](int) {}),
            make_function<double(double)>("root", [](double v) { return std::sqrt(v); })};
    });
    BOOST_TEST((f.of("SELECT root(4.0)") == value(2.0)));
    BOOST_TEST(says(f.failure("SELECT root(-4.0)"), "NaN"));
    BOOST_TEST((f.of("SELECT scale(3, 0.5)") == value(1.5)));
    BOOST_TEST((f.of("SELECT twice('a' || char(0))") == value(std::string("a\0a\0", 4))));
    BOOST_TEST((f.of("SELECT same(x'0001')") == value(blob{std::byte{0}, std::byte{1}})));
    BOOST_TEST((f.of("SELECT same(x'')") == value(blob())));
    BOOST_TEST((f.of("SELECT given(NULL)") == value(std::int64_t{0})));
    BOOST_TEST((f.of("SELECT given(1)") == value(std::int64_t{1})));
    BOOST_TEST((f.of("SELECT even(3)") == value()));
    BOOST_TEST((f.of("SELECT even(4)") == value(std::int64_t{4})));
    BOOST_TEST((f.of("SELECT pass(2.5)") == value(2.5)));
    BOOST_TEST((f.of("SELECT discard(1)") == value()));
    BOOST_TEST((f.of("SELECT twice(NULL)") == value()));
    BOOST_TEST(says(f.failure("SELECT scale('x', 1)"), "argument 1 of scale holds text"));
    BOOST_TEST(says(f.failure("SELECT even(3000000000)"), "argument 1 of even"));
}

BOOST_AUTO_TEST_CASE(a_function_may_take_any_number_of_values) {
    host_fixture f(scalar_function{
        .name = "sum_of", .arguments = -1, .call = [](const function_arguments& given) -> result<value> {
            std::int64_t sum = 0;
            for (int i = 0; i < given.size(); ++i) sum += given[i].integer();
            return value(sum);
        }});
    BOOST_TEST((f.of("SELECT sum_of()") == value(std::int64_t{0})));
    BOOST_TEST((f.of("SELECT sum_of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)") == value(std::int64_t{55})));
}

BOOST_AUTO_TEST_CASE(a_migration_that_a_collation_fails_is_undone) {
    static constexpr std::array failing{migration{
        1, "words", "CREATE TABLE word(text TEXT COLLATE picky UNIQUE); INSERT INTO word VALUES('a'), ('bad')"}};
    const auto e = refusal([](options& o) {
        o.migrations = failing;
        o.collations = {collation{.name = "picky", .compare = [](std::string_view a, std::string_view b) {
                                      if (a == "bad" || b == "bad") throw std::runtime_error("not that one");
                                      return a.compare(b);
                                  }}};
    });
    BOOST_TEST((e == errc::work_threw));
}

BOOST_AUTO_TEST_CASE(what_a_function_throws_is_an_error_of_the_sql) {
    host_fixture f([](options& o) {
        o.scalar_functions = {
            make_function<int()>("throws", []() -> int { throw std::runtime_error("from the host"); }),
            make_function<int()>("throws_int", []() -> int { throw 1; }),
            make_function<int()>("exhausts", []() -> int { throw std::bad_alloc(); }),
            make_function<result<int>()>("fails",
                                         []() -> result<int> { return error(errc::cancelled, "on purpose"); })};
        static const std::array text{text_function{
            .name = "throws_text",
            .arguments = 1,
            .call = [](std::span<const std::string_view>, std::string&) -> std::optional<std::string_view> {
                throw std::runtime_error("from a text function");
            }}};
        o.functions = text;
    });
    BOOST_TEST(f.failure("SELECT throws()").diagnostic() == "from the host");
    BOOST_TEST(says(f.failure("SELECT throws_int()"), "unknown type"));
    BOOST_TEST((f.failure("SELECT exhausts()") == sqlite_errc::nomem));
    BOOST_TEST(says(f.failure("SELECT fails()"), "on purpose"));
    BOOST_TEST(f.failure("SELECT throws_text(1)").diagnostic() == "from a text function");
    auto kept = write(f.db, [](write_session& session) -> result<void> {
        auto tried = session.attempt([&] { return session.execute("INSERT INTO thing(id) VALUES(throws())"); });
        BOOST_TEST(tried.has_error());
        return session.execute("INSERT INTO thing(id) VALUES(1)");
    });
    BOOST_TEST(kept.has_value());
}

BOOST_AUTO_TEST_CASE(only_a_deterministic_function_that_the_schema_may_call_can_be_indexed) {
    const auto lower = [](std::string_view t) { return std::string(t.substr(0, 1)); };
    host_fixture f([&](options& o) {
        o.scalar_functions = {
            make_function<std::string(std::string_view)>("initial", lower,
                                                         {.deterministic = true, .direct_only = false}),
            make_function<std::string(std::string_view)>("initial_direct", lower, {.deterministic = true}),
            make_function<std::string(std::string_view)>("initial_vague", lower, {.direct_only = false})};
    });
    const auto index = [&](const char* function) {
        const auto sql = std::string("CREATE INDEX by_") + function + " ON thing(" + function + "(name))";
        return write(f.db, [sql](write_session& session) { return session.execute(write_sql::dynamic(sql)); });
    };
    BOOST_TEST(index("initial").has_value());
    BOOST_TEST(says(index("initial_direct").error(), "unsafe use"));
    BOOST_TEST(says(index("initial_vague").error(), "non-deterministic"));
    write(f.db, add_thing("alpha")).value();
    BOOST_TEST((f.of("SELECT name FROM thing INDEXED BY by_initial WHERE initial(name) = 'a'") == value("alpha")));
}

BOOST_AUTO_TEST_CASE(a_collation_orders_text_on_every_connection) {
    host_fixture f([](options& o) { o.collations = {{.name = "backwards", .compare = backwards}}; });
    write(f.db, [](write_session& session) -> result<void> {
        if (auto made = session.execute("CREATE TABLE word(text TEXT COLLATE backwards PRIMARY KEY)"); !made)
            return made;
        return session.execute("INSERT INTO word VALUES('a'), ('c'), ('b')");
    }).value();
    auto order = read(
        f.db, [](read_session& session) { return session.all<std::string>("SELECT text FROM word ORDER BY text"); });
    BOOST_TEST(order.value() == (std::vector<std::string>{"c", "b", "a"}));
}

BOOST_AUTO_TEST_CASE(a_collation_that_throws_fails_the_statement_and_leaves_nothing) {
    host_fixture f([](options& o) {
        o.collations = {{.name = "picky", .compare = [](std::string_view a, std::string_view b) {
                             if (a == "bad" || b == "bad") throw std::runtime_error("not that one");
                             return a.compare(b);
                         }}};
    });
    write(f.db, [](write_session& session) -> result<void> {
        if (auto made = session.execute("CREATE TABLE word(text TEXT COLLATE picky UNIQUE)"); !made) return made;
        return session.execute("INSERT INTO word VALUES('a')");
    }).value();
    auto refused = write(f.db, one_statement("INSERT INTO word VALUES('bad')"));
    BOOST_TEST((refused.error() == errc::work_threw));
    BOOST_TEST(says(refused.error(), "picky"));
    BOOST_TEST(f.count("SELECT count(*) FROM word") == 1);
    BOOST_TEST((f.failure("SELECT 1 FROM word WHERE text = 'bad'") == errc::work_threw));
    BOOST_TEST(write(f.db, one_statement("INSERT INTO word VALUES('b')")).has_value());
}

BOOST_AUTO_TEST_CASE(the_hook_is_called_on_every_connection) {
    std::atomic<int> writers{0};
    std::atomic<int> readers{0};
    host_fixture f([&](options& o) {
        o.on_connect = [&](sqlite3* db, connection_role role) -> result<void> {
            ++(role == connection_role::writer ? writers : readers);
            sqlite3_exec(db, "PRAGMA case_sensitive_like=ON", nullptr, nullptr, nullptr);
            return {};
        };
    });
    BOOST_TEST((f.of("SELECT 'a' LIKE 'A'") == value(std::int64_t{0})));
    BOOST_TEST(writers == 1);
    BOOST_TEST(readers >= 1);
    f.db.stop().value();
}

BOOST_AUTO_TEST_CASE(what_the_hook_undoes_is_read_back) {
    const auto breaking = [](const char* sql) {
        return refusal([sql](options& o) {
            o.on_connect = [sql](sqlite3* db, connection_role) -> result<void> {
                sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
                return {};
            };
        });
    };
    BOOST_TEST(says(breaking("PRAGMA foreign_keys=OFF"), "foreign_keys"));
    BOOST_TEST(says(breaking("PRAGMA synchronous=OFF"), "synchronous"));
    BOOST_TEST(says(breaking("PRAGMA cache_spill=ON"), "cache_spill"));
    BOOST_TEST(says(breaking("BEGIN"), "transaction"));
    BOOST_TEST((breaking("PRAGMA trusted_schema=ON") == errc::profile_mismatch));
    const auto defensive = refusal([](options& o) {
        o.on_connect = [](sqlite3* db, connection_role) -> result<void> {
            sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
            return {};
        };
    });
    BOOST_TEST(says(defensive, "DEFENSIVE"));
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_or_throws_fails_the_opening) {
    const auto failed = refusal([](options& o) {
        o.on_connect = [](sqlite3*, connection_role) -> result<void> { return error(errc::cancelled, "not today"); };
    });
    BOOST_TEST((failed == errc::cancelled));
    const auto threw = refusal([](options& o) {
        o.on_connect = [](sqlite3*, connection_role) -> result<void> { throw std::runtime_error("not at all"); };
    });
    BOOST_TEST((threw == errc::work_threw));
    BOOST_TEST(says(threw, "not at all"));
}

BOOST_AUTO_TEST_SUITE_END()
