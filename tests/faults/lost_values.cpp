// SQLite hands out a null pointer for a text it has no memory to make, and calls nothing an error.
#include "sqlite/connection.hpp"
#include "support/malloc_faults.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <carrel/database.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
#include <string>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr std::array schema{migration{1, "things",
                                      "CREATE TABLE thing(id INTEGER PRIMARY KEY, bytes BLOB);"
                                      "INSERT INTO thing VALUES(123456789, zeroblob(100))"}};

struct lost_values_fixture {
    temp_directory directory;
    database db = database::open({.path = directory.file("values.db"), .migrations = schema}).value();
};

// Takes what one column holds while the `n`-th allocation from there on fails.
template <class Session>
result<std::string> value_of_column(Session& session, std::string_view sql, int n) {
    auto row = session.prepare(read_sql::dynamic(std::string(sql)));
    if (!row) return row.error();
    if (auto found = row->step(); !found) return found.error();
    malloc_faults::fail_here(n);
    const std::string text(row->text(0));
    const auto bytes = row->bytes(1);
    const std::string both = text + ' ' + std::to_string(bytes.size());
    malloc_faults::fail_here(0);
    return both;
}

constexpr std::string_view integer_as_text = "SELECT id, bytes FROM thing";
constexpr std::string_view zeros = "SELECT 123456789, zeroblob(100)";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lost_values, lost_values_fixture)

BOOST_AUTO_TEST_CASE(a_value_without_memory_fails_its_read_and_its_mutation) {
    for (const auto sql : {integer_as_text, zeros}) {
        int failed = 0;
        for (int n = 1; n <= 4; ++n) {
            const auto work = [=](auto& session) { return value_of_column(session, sql, n); };
            const auto seen = read(db, [=](read_session& session) { return work(session); });
            BOOST_TEST((seen ? *seen == "123456789 100" : seen.error() == sqlite_errc::nomem));
            failed += seen ? 0 : 1;
            const auto changed = write(db, [=](write_session& session) { return work(session); });
            BOOST_TEST(seen.has_value() == changed.has_value());
            BOOST_TEST((changed ? changed->value == "123456789 100" : changed.error() == sqlite_errc::nomem));
        }
        BOOST_TEST(failed > 0);
    }
    BOOST_TEST(read(db, [](read_session&) -> result<int> { return 7; }).value() == 7);
}

BOOST_AUTO_TEST_CASE(a_job_that_asks_sqlite_nothing_is_not_failed_for_its_neighbour) {
    const auto asks = [](write_session& session) { return value_of_column(session, integer_as_text, 1); };
    BOOST_TEST(write(db, asks).has_error());
    BOOST_TEST(write(db, [](write_session&) -> result<int> { return 7; }).value().value == 7);
}

BOOST_AUTO_TEST_CASE(a_trusted_query_without_memory_is_an_error_and_no_null) {
    db.stop().value();
    std::atomic<std::uint64_t> busy{0};
    const auto wanted = sqlite::profile_of({.path = directory.file("values.db")}, sqlite::role::writer);
    auto writer = sqlite::connection::open(directory.file("values.db"), wanted, busy).value();
    std::set<bool> seen;
    for (int n = 1; n <= 60; ++n) {
        malloc_faults::fail_here(n);
        const auto text = writer->trusted_text("PRAGMA user_version");
        malloc_faults::fail_here(0);
        BOOST_TEST((text ? text->has_value() : text.error() == sqlite_errc::nomem));
        seen.insert(text.has_value());
    }
    BOOST_TEST(seen.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
