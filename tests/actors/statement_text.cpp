// What is shown of a statement, and what is kept of many.
#include "sqlite/statement_text.hpp"
#include "fixture.hpp"
#include "sqlite/query_registry.hpp"

using namespace carrel;
using namespace carrel::sqlite;

BOOST_AUTO_TEST_SUITE(statement_text)

BOOST_AUTO_TEST_CASE(no_value_is_left_of_a_statement) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"SELECT 1", "SELECT ?"},
        {"select 'it''s secret' , x'00ff' FROM t", "select ?, ... FROM t"},
        {"SELECT 1.5e-7+.5+0x1F-e FROM t", "SELECT ?+?+?-e FROM t"},
        {"SELECT a1, \"b 2\", [c 3], `d 4` FROM t5", "SELECT a1, \"b 2\", [c 3], `d 4` FROM t5"},
        {"SELECT ?1, :name, @at, $dollar FROM t WHERE a = ?", "SELECT ?, ... FROM t WHERE a = ?"},
        {"SELECT a -- secret\nFROM/* secret */t;", "SELECT a FROM t"},
        {"  SELECT\n\ta ,\n b  FROM t ; ", "SELECT a, b FROM t"},
        {"SELECT a FROM t WHERE b IN (1, 2,3 , 'x') AND c=4", "SELECT a FROM t WHERE b IN (?, ...) AND c=?"},
        {"INSERT INTO t VALUES (?, ?), (?, ?), (?, ?)", "INSERT INTO t VALUES (?, ...), ..."},
        {"INSERT INTO t VALUES (1),(2),(3)", "INSERT INTO t VALUES (?), ..."},
        {"SELECT 'never closed", "SELECT ?"},
        {"", ""},
    };
    for (const auto& [sql, text] : cases) BOOST_TEST(normalised(sql) == text, sql);
}

BOOST_AUTO_TEST_CASE(lists_of_any_length_are_one_statement) {
    BOOST_TEST(normalised("SELECT a FROM t WHERE b IN (?, ?)") == normalised("SELECT a FROM t WHERE b IN (1,2,3,4)"));
    BOOST_TEST(normalised("SELECT a FROM t WHERE b IN (?)") != normalised("SELECT a FROM t WHERE b = ?"));
}

BOOST_AUTO_TEST_CASE(a_long_statement_is_cut_between_characters) {
    std::string sql = "SELECT \"";
    while (sql.size() < 2 * statement_text_max) sql += "é";
    const auto text = normalised(sql + "\"");
    BOOST_TEST(text.size() <= statement_text_max);
    BOOST_TEST(text.ends_with("é ..."));
}

BOOST_AUTO_TEST_CASE(as_many_statements_are_kept_as_there_is_room_for_and_the_dearest_stay) {
    query_registry all;
    const auto text_of = [](std::size_t i) { return "SELECT a FROM t" + std::to_string(i); };
    const statement_record::execution dear{std::chrono::seconds(1), {}, 1, false, {}}, cheap{{}, {}, 1, false, {}};
    all.record_of(text_of(0))->add(dear, 1);
    const auto held = all.record_of(text_of(1));
    for (std::size_t i = 2; i < 2 * query_registry::statements_max; ++i) all.record_of(text_of(i))->add(cheap, 1);
    held->add(cheap, 1);
    const auto kept = all.statements();
    BOOST_TEST(kept.size() == query_registry::statements_max);
    const auto holds = [&](const std::string& text) {
        return std::any_of(kept.begin(), kept.end(), [&](const auto& each) { return each.statement == text; });
    };
    BOOST_TEST(holds(text_of(0)));
    BOOST_TEST(holds(text_of(1)));
}

BOOST_AUTO_TEST_CASE(what_there_is_no_room_for_counts_together) {
    query_registry all;
    std::vector<std::shared_ptr<statement_record>> in_use;
    for (std::size_t i = 0; i < query_registry::statements_max + 2; ++i)
        in_use.push_back(all.record_of("SELECT a FROM t" + std::to_string(i)));
    BOOST_TEST(in_use.back() == in_use[in_use.size() - 2]);
    BOOST_TEST(in_use.back()->text == "(other statements)");
    BOOST_TEST(all.text_of(in_use.back()->key) == "(other statements)");
}

BOOST_AUTO_TEST_CASE(ids_of_runs_are_given_out_once) {
    query_registry first;
    const auto begun = first.take_ids();
    BOOST_TEST(first.take_ids() == begun + query_registry::ids_at_a_time);
    const auto later = begun + query_registry::ids_at_a_time;
    BOOST_TEST(testing::eventually([&] { return query_registry().take_ids() > later; }));  // of a later process
}

BOOST_AUTO_TEST_CASE(five_slow_jobs_of_a_statement_are_reported_a_minute) {
    using namespace std::chrono_literals;
    statement_record one(7, "SELECT ?", "SELECT 1");
    const statement_record::time_point t(1h);
    for (int i = 0; i < 5; ++i) BOOST_TEST(one.take_report(t + i * 1s).value() == 0u);
    for (int i = 0; i < 3; ++i) BOOST_TEST(!one.take_report(t + 10s).has_value());
    BOOST_TEST(one.take_report(t + 60s).value() == 3u);
    BOOST_TEST(one.take_report(t + 61s).value() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
