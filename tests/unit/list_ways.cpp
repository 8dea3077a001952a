// By which index lists of many rows come to their rows, and that they answer the same by each.
#include "resource/listing.hpp"
#include "siem/indicators.hpp"
#include "support/domain.hpp"
#include "support/plans.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace carrel::siem;
using carrel::testing::domain;

namespace {

using query = domain::query;

// Of three types that expire on different days, from three sources, one after the other: in the order of each of them, one is
// wholly before the next.
void fill(domain& d) {
    struct batch {
        const char *type, *source;
        int rows;
    };
    for (const auto& [type, source, rows] :
         {batch{"ip", "one", 1500}, {"domain", "two", 1200}, {"cve", "three", 600}}) {
        std::string list = "value,severity,confidence,tags\n";
        for (int i = 0; i < rows; ++i) {
            const std::string n = std::to_string(i);
            const std::string value = type == std::string("ip")
                                          ? "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250)
                                      : type == std::string("cve") ? "CVE-2021-" + std::to_string(10'000 + i)
                                                                   : "h" + n + ".example";
            list += value + (i % 3 == 0 ? ",low," : ",high,") + std::to_string(i % 2 == 0 ? 50 : i % 100) +
                    (i % 3 == 0 ? ",common;rare\n" : ",common\n");
        }
        const auto got = d.post_file("/iocs/import", list,
                                     {{"format", "csv"},
                                      {"header", "true"},
                                      {"value_column", "value"},
                                      {"severity_column", "severity"},
                                      {"confidence_column", "confidence"},
                                      {"tags_column", "tags"},
                                      {"type", type},
                                      {"source", source}});
        BOOST_REQUIRE_MESSAGE(!got.refused, (got.refused ? got.refused->detail : ""));
        BOOST_REQUIRE(got.at("/created").as_int64() == rows);
        d.now += 1'000'000;
    }
}

std::string plan_of(domain& d, const query& by) {
    call request;
    request.query = by;
    const operation list = list_operation(iocs());
    const auto wrong = list.check(list, request);
    BOOST_REQUIRE_MESSAGE(!wrong, (wrong ? wrong->detail : ""));
    const auto sql = d.read([&](carrel::read_session& session) { return page_sql(session, request); });
    BOOST_REQUIRE(sql.has_value());
    const std::vector<carrel::value> unbound(static_cast<std::size_t>(std::count(sql->begin(), sql->end(), '?')));
    return carrel::testing::plan_of(d, *sql, unbound);
}

std::vector<std::string> walk(domain& d, query by, const std::string& limit) {
    std::vector<std::string> all;
    by.emplace_back("limit", limit);
    for (std::string cursor;;) {
        query page = by;
        if (!cursor.empty()) page.emplace_back("cursor", cursor);
        const auto got = d.get("/iocs", page).json();
        for (const auto& item : got.at("items").as_array()) all.emplace_back(item.at("id").as_string().c_str());
        if (got.at("next").is_null()) return all;
        cursor = got.at("next").as_string().c_str();
    }
}

// What a plain select finds.
std::vector<std::string> found(domain& d, const std::string& where_and_order) {
    return d
        .read([&](carrel::read_session& session) -> carrel::result<std::vector<std::string>> {
            auto rows = session.prepare(carrel::read_sql::dynamic("SELECT id FROM iocs " + where_and_order));
            if (!rows) return rows.error();
            std::vector<std::string> all;
            for (auto more = rows->step(); more && *more; more = rows->step()) all.emplace_back(rows->text(0));
            return all;
        })
        .value();
}

std::size_t occurrences(const std::string& in, std::string_view of) {
    std::size_t count = 0;
    for (std::size_t at = in.find(of); at != in.npos; at = in.find(of, at + 1)) ++count;
    return count;
}

struct case_of {
    query by;
    const char* index;  // of each seek
    std::size_t seeks;
    const char* same;
};

// Types: ip 0, domain 2; see `indicator_kinds`.
std::int64_t rank(std::string_view kind) { return *index_of(indicator_kinds, kind); }

}  // namespace

BOOST_AUTO_TEST_SUITE(list_ways)

BOOST_AUTO_TEST_CASE(values_of_a_filter_are_sought_in_the_order_of_the_list_and_merged) {
    domain d;
    fill(d);
    const std::string two = "type IN (" + std::to_string(rank("domain")) + "," + std::to_string(rank("cve")) + ")";
    const std::string both = "WHERE " + two + " AND severity = 1 ORDER BY expires_at, id";
    const std::string newest = "WHERE " + two + " ORDER BY created_at DESC, id DESC";
    const std::vector<case_of> cases = {
        {{{"type", "domain"}, {"type", "cve"}, {"severity", "low"}, {"sort", "expires_at"}},
         "iocs_by_type_and_expiry (type=?)",
         2,
         both.c_str()},
        // The same twice is the same once.
        {{{"type", "cve"}, {"type", "domain"}, {"type", "cve"}, {"severity", "low"}, {"sort", "expires_at"}},
         "iocs_by_type_and_expiry (type=?)",
         2,
         both.c_str()},
        {{{"type", "domain"}, {"type", "cve"}}, "iocs_by_type_and_time (type=?)", 2, newest.c_str()},
        {{{"source", "three"}, {"sort", "-confidence"}},
         "iocs_by_source_and_confidence (source=?)",
         1,
         "WHERE source = 'three' ORDER BY confidence DESC, id DESC"},
        {{{"source", "one"}, {"source", "three"}, {"min_confidence", "20"}, {"sort", "confidence"}},
         "iocs_by_source_and_confidence (source=?)",
         2,
         "WHERE source IN ('one','three') AND confidence >= 20 ORDER BY confidence, id"},
        // Of several the one with the fewest rows leads.
        {{{"status", "active"}, {"type", "cve"}},
         "iocs_by_type_and_time (type=?)",
         1,
         "WHERE source = 'three' ORDER BY created_at DESC, id DESC"},
    };
    for (const case_of& each : cases) {
        const std::string plan = plan_of(d, each.by);
        BOOST_TEST(occurrences(plan, each.index) == each.seeks, plan);
        BOOST_TEST(occurrences(plan, "SEARCH iocs") == each.seeks, plan);
        BOOST_TEST(plan.find("TEMP B-TREE") == plan.npos, plan);
        const auto expected = found(d, each.same);
        BOOST_TEST(expected.size() > 100u);
        for (const char* limit : {"1000", "37"})
            BOOST_TEST((walk(d, each.by, limit) == expected), plan << " by " << limit);
    }
}

BOOST_AUTO_TEST_CASE(few_rows_are_found_by_the_filter_that_has_the_fewest) {
    domain d;
    fill(d);
    d.post("/iocs", R"({"id":"only","type":"cve","value":"CVE-2020-1000","source":"own"})");
    const std::string plan = plan_of(d, {{"type", "cve"}, {"source", "own"}, {"sort", "-hit_count"}});
    BOOST_TEST(plan.find("(source=?)") != plan.npos, plan);
    BOOST_TEST((walk(d, {{"type", "cve"}, {"source", "own"}, {"sort", "-hit_count"}}, "5") ==
                std::vector<std::string>{"only"}));
}

BOOST_AUTO_TEST_CASE(what_no_index_has_in_order_is_gone_through_in_order) {
    domain d;
    fill(d);
    const query by{{"type", "domain"}, {"type", "cve"}, {"sort", "-hit_count"}};
    const std::string plan = plan_of(d, by);
    BOOST_TEST(plan.find("SCAN iocs USING INDEX iocs_by_hits") != plan.npos, plan);
    BOOST_TEST(plan.find("TEMP B-TREE") == plan.npos, plan);
    BOOST_TEST(walk(d, by, "100").size() == 1800u);
}

BOOST_AUTO_TEST_CASE(counts_go_by_the_index_of_what_is_counted) {
    domain d;
    fill(d);
    const auto counted = [&](const query& by) {
        call request;
        const auto read = read_conditions(iocs(), request.query = by, d.now);
        auto [sql, values] = read.count_of("iocs");
        return carrel::testing::plan_of(d, sql, values);
    };
    const auto count = [&](const query& by) { return d.get("/iocs/count", by).at("/count").as_int64(); };
    const auto tags = counted({{"tag", "common"}});
    BOOST_TEST(tags == "SEARCH iocs_tags USING PRIMARY KEY (item=?)\n", tags);
    BOOST_TEST(count({{"tag", "common"}}) == 3300);
    BOOST_TEST(count({{"tag", "common"}, {"tag", "rare"}}) == 3300);
    BOOST_TEST(count({{"tag", "rare"}}) == 1100);
    BOOST_TEST(count({{"tag", "rare"}, {"type", "cve"}}) == 200);
    const auto sure = counted({{"min_confidence", "90"}});
    BOOST_TEST(sure == "SEARCH iocs USING COVERING INDEX iocs_by_confidence (confidence>?)\n", sure);
    BOOST_TEST(count({{"min_confidence", "90"}}) ==
               static_cast<std::int64_t>(found(d, "WHERE confidence >= 90").size()));
    BOOST_TEST(d.get("/iocs", {{"tag", "rare"}, {"count", "true"}, {"limit", "1"}}).at("/total") == 1100);
}

BOOST_AUTO_TEST_SUITE_END()
