// Rows as values: columns, tuples, structs, and the host's own mapping.
#include "fixture.hpp"

#include <limits>

using namespace carrel;
using namespace carrel::testing;

namespace {

struct thing {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::int32_t> size;
    bool operator==(const thing&) const = default;
};
struct thing_view {
    std::string_view name;
    int size = 0;
};
struct wide {
    int a, b, c, d, e, f;
    std::optional<std::string> g;
    double h;
    bool i;
    blob j;
    std::uint8_t k;
    std::optional<int> l;
};
struct point {
    double x = 0, y = 0;
};

}  // namespace

template <>
struct carrel::row_mapping<point> {
    static result<point> read(const statement& row) {
        const auto text = row.get<std::string_view>(0);
        if (!text) return text.error();
        const auto comma = text->find(',');
        if (comma == text->npos) return row.wrong_type(0, "x,y");
        return point{std::stod(std::string(text->substr(0, comma))), std::stod(std::string(text->substr(comma + 1)))};
    }
};

namespace {

struct rows_fixture : fixture {
    rows_fixture() {
        write(db, [](write_session& session) -> result<void> {
            return session.execute(
                "INSERT INTO thing(id, name, size) VALUES(1, 'one', 10), (2, 'two', NULL), (3, 'three', 30)");
        }).value();
    }
    template <class T>
    result<T> get(read_sql sql) {
        return read(db, [sql](read_session& session) -> result<T> {
            auto row = session.first<T>(sql);
            if (!row) return row.error();
            return **row;
        });
    }
    template <class T>
    bool refuses(read_sql sql) {
        const auto got = get<T>(sql);
        return got.has_error() && got.error() == errc::wrong_type;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rows)

BOOST_AUTO_TEST_CASE(a_column_is_read_as_what_it_is) {
    rows_fixture f;
    BOOST_TEST(f.get<std::int64_t>("SELECT -9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(f.get<int>("SELECT -7").value() == -7);
    BOOST_TEST(int{f.get<std::uint8_t>("SELECT 255").value()} == 255);
    BOOST_TEST(f.get<std::uint64_t>("SELECT 9223372036854775807").value() == 9223372036854775807u);
    BOOST_TEST(f.get<double>("SELECT 2.75").value() == 2.75);
    BOOST_TEST(f.get<double>("SELECT 9007199254740992").value() == 9007199254740992.0);
    BOOST_TEST(f.get<bool>("SELECT 1").value());
    BOOST_TEST(f.get<std::string>("SELECT 'a' || char(0) || 'b'").value() == std::string("a\0b", 3));
    BOOST_TEST((f.get<blob>("SELECT x'0102'").value() == blob{std::byte{1}, std::byte{2}}));
    BOOST_TEST(!f.get<std::optional<int>>("SELECT NULL").value().has_value());
    BOOST_TEST(f.get<std::optional<int>>("SELECT 4").value().value() == 4);
    BOOST_TEST((f.get<value>("SELECT 'x'").value() == value(std::string("x"))));
    BOOST_TEST((f.get<value>("SELECT NULL").value() == value()));
}

BOOST_AUTO_TEST_CASE(a_column_is_never_read_as_what_it_is_not) {
    rows_fixture f;
    BOOST_TEST(f.refuses<int>("SELECT 2147483648"));
    BOOST_TEST(f.refuses<std::uint8_t>("SELECT 256"));
    BOOST_TEST(f.refuses<std::uint64_t>("SELECT -1"));
    BOOST_TEST(f.refuses<int>("SELECT 2.0"));
    BOOST_TEST(f.refuses<int>("SELECT '2'"));
    BOOST_TEST(f.refuses<int>("SELECT NULL"));
    BOOST_TEST(f.refuses<bool>("SELECT 2"));
    BOOST_TEST(f.refuses<double>("SELECT '2'"));
    BOOST_TEST(f.refuses<double>("SELECT 9007199254740993"));
    BOOST_TEST(f.refuses<std::string>("SELECT 2"));
    BOOST_TEST(f.refuses<std::string>("SELECT x'41'"));
    BOOST_TEST(f.refuses<blob>("SELECT 'A'"));
    BOOST_TEST(f.refuses<std::optional<int>>("SELECT 'x'"));
}

BOOST_AUTO_TEST_CASE(the_error_names_the_column_and_what_it_holds) {
    rows_fixture f;
    auto got = f.get<std::pair<int, int>>("SELECT 1, 'text' AS answer");
    BOOST_TEST(got.error().diagnostic() == "column 1 (answer) holds text, wanted an integer of its type's range");
}

BOOST_AUTO_TEST_CASE(rows_are_read_as_structs_tuples_and_single_values) {
    rows_fixture f;
    auto all = read(f.db, [](read_session& session) {
        return session.all<thing>("SELECT id, name, size FROM thing WHERE id <> ? ORDER BY id", 2);
    });
    BOOST_TEST((all.value() == std::vector<thing>{{1, "one", 10}, {3, "three", 30}}));
    auto names = read(
        f.db, [](read_session& session) { return session.all<std::string>("SELECT name FROM thing ORDER BY name"); });
    BOOST_TEST(names.value() == (std::vector<std::string>{"one", "three", "two"}));
    auto second = read(f.db, [](read_session& session) {
        return session.first<std::tuple<std::string, std::optional<int>>>("SELECT name, size FROM thing WHERE id = :id",
                                                                          named("id", 2));
    });
    BOOST_TEST((second.value().value() == std::tuple(std::string("two"), std::optional<int>())));
    auto none = read(f.db, [](read_session& session) {
        return session.first<thing>("SELECT id, name, size FROM thing WHERE id = 99");
    });
    BOOST_TEST(!none.value().has_value());
}

BOOST_AUTO_TEST_CASE(a_struct_may_have_twelve_members) {
    rows_fixture f;
    const auto row = f.get<wide>("SELECT 1, 2, 3, 4, 5, 6, NULL, 8.5, 1, x'0a', 11, 12").value();
    BOOST_TEST(row.f == 6);
    BOOST_TEST(!row.g);
    BOOST_TEST(row.h == 8.5);
    BOOST_TEST(row.i);
    BOOST_TEST(row.j.size() == 1u);
    BOOST_TEST(int{row.k} == 11);
    BOOST_TEST(row.l.value() == 12);
}

BOOST_AUTO_TEST_CASE(a_type_may_bring_its_own_mapping) {
    rows_fixture f;
    BOOST_TEST(f.get<point>("SELECT '1.5,2'").value().x == 1.5);
    BOOST_TEST(f.refuses<point>("SELECT '1.5'"));
}

BOOST_AUTO_TEST_CASE(a_row_of_another_size_is_an_error) {
    rows_fixture f;
    BOOST_TEST(f.refuses<thing>("SELECT 1, 'x'"));
    BOOST_TEST(f.refuses<int>("SELECT 1, 2"));
    BOOST_TEST((f.refuses<std::pair<int, int>>("SELECT 1")));
}

BOOST_AUTO_TEST_CASE(each_hands_on_views_and_stops_when_it_is_asked_to) {
    rows_fixture f;
    std::string seen;
    const auto visit = [&](auto take) {
        seen.clear();
        return read(f.db, [&](read_session& session) {
            return session.each<thing_view>("SELECT name, 1 FROM thing WHERE id >= ? ORDER BY id", 1, take);
        });
    };
    BOOST_TEST(visit([&](const thing_view& t) { seen += t.name; }).has_value());
    BOOST_TEST(seen == "onetwothree");
    BOOST_TEST(visit([&](thing_view t) { return (seen += t.name).size() < 6; }).has_value());
    BOOST_TEST(seen == "onetwo");
    auto ended = visit([&](thing_view&& t) -> result<void> {
        seen += t.name;
        return error(errc::cancelled);
    });
    BOOST_TEST((ended.error() == errc::cancelled));
    BOOST_TEST(seen == "one");
}

BOOST_AUTO_TEST_CASE(an_error_in_the_middle_of_the_rows_is_returned) {
    rows_fixture f;
    auto all = read(f.db, [](read_session& session) { return session.all<int>("SELECT size FROM thing ORDER BY id"); });
    BOOST_TEST((all.error() == errc::wrong_type));
}

BOOST_AUTO_TEST_CASE(returning_rows_are_read_the_same_way) {
    rows_fixture f;
    auto added = write(f.db, [](write_session& session) {
        return session.all<thing>(
            "INSERT INTO thing(name, size) VALUES('four', 40), ('five', 50) RETURNING id, name, size");
    });
    BOOST_TEST((added.value().value == std::vector<thing>{{4, "four", 40}, {5, "five", 50}}));
    auto gone = write(f.db, [](write_session& session) -> result<std::string> {
        std::string names;
        auto done = session.each<std::string_view>("DELETE FROM thing WHERE id > ? RETURNING name", 3,
                                                   [&](std::string_view name) { names += name; });
        if (!done) return done.error();
        return names;
    });
    BOOST_TEST(gone.value().value == "fourfive");
    auto first =
        write(f.db, [](write_session& session) { return session.first<std::int64_t>("SELECT max(id) FROM thing"); });
    BOOST_TEST(first.value().value.value() == 3);
}

BOOST_AUTO_TEST_CASE(columns_have_names) {
    rows_fixture f;
    auto names = read(f.db, [](read_session& session) -> result<std::string> {
        auto row = session.prepare("SELECT id, name AS title FROM thing");
        if (!row) return row.error();
        return std::string(row->column_name(0)) + "," + std::string(row->column_name(1));
    });
    BOOST_TEST(names.value() == "id,title");
}

BOOST_AUTO_TEST_SUITE_END()
