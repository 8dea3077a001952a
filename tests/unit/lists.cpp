#include "resource/listing.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using carrel::siem::problem_code;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(lists)

namespace {

constexpr std::array severity_names = {"informational", "low", "medium", "high", "critical"};

// Forty alerts; every third has no risk score, scores and times repeat.
void fill(domain& d) {
    for (int i = 0; i < 40; ++i) {
        d.now += i % 4 == 0 ? 1'000'000 : 0;
        std::string body =
            R"({"title":"alert )" + std::to_string(i) + R"(","severity":")" + severity_names[i * 7 % 5] + "\"";
        if (i % 3 != 0) body += R"(,"risk_score":)" + std::to_string(i % 4);
        if (i % 2 == 0) body += R"(,"tags":["even","n)" + std::to_string(i) + R"("],"assigned_to":"ann")";
        BOOST_REQUIRE(!d.post("/alerts", body + "}").refused.has_value());
    }
}

// All items of a list, `limit` at a time.
std::vector<boost::json::value> walk(domain& d, domain::query wanted, const std::string& limit) {
    std::vector<boost::json::value> all;
    wanted.emplace_back("limit", limit);
    std::string cursor;
    for (;;) {
        domain::query page = wanted;
        if (!cursor.empty()) page.emplace_back("cursor", cursor);
        const auto got = d.get("/alerts", page);
        BOOST_REQUIRE(!got.refused.has_value());
        const auto answered = got.json();
        for (const auto& item : answered.at("items").as_array()) all.push_back(item);
        if (answered.at("next").is_null()) return all;
        cursor = std::string(answered.at("next").as_string());
    }
}

std::size_t matches(domain& d, const domain::query& wanted) {
    const auto got = d.get("/alerts", wanted);
    BOOST_REQUIRE(!got.refused.has_value());
    const std::size_t items = got.at("/items").as_array().size();
    BOOST_TEST(d.get("/alerts/count", wanted).at("/count").as_int64() == static_cast<std::int64_t>(items));
    return items;
}

// How SQLite would run it, a step a line.
std::string plan_of(domain& d, const char* sql) {
    const auto steps = d.write([sql](carrel::write_session& session) -> carrel::result<std::string> {
        auto plan = session.prepare(carrel::write_sql::dynamic(std::string("EXPLAIN QUERY PLAN ") + sql));
        if (!plan) return plan.error();
        std::string all;
        for (auto more = plan->step(); more && *more; more = plan->step()) all.append(plan->text(3)).append("\n");
        return all;
    });
    return steps.value();
}

std::string faults(domain& d, const domain::query& wanted) {
    const auto got = d.get("/alerts", wanted);
    BOOST_TEST((got.refused && got.refused->code == problem_code::bad_request));
    return got.faults();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_newest_come_in_the_index_s_order_without_a_sorter) {
    domain d;
    const auto plan = plan_of(d, "SELECT * FROM alerts ORDER BY created_at DESC, id DESC LIMIT 51");
    BOOST_TEST(plan.find("alerts_by_time") != plan.npos, plan);
    BOOST_TEST(plan.find("TEMP B-TREE") == plan.npos, plan);
}

BOOST_AUTO_TEST_CASE(an_open_alert_is_found_by_its_fingerprint_through_the_index) {
    domain d;
    const auto plan = plan_of(
        d, "SELECT id FROM alerts WHERE fingerprint = 'f' AND fingerprint IS NOT NULL AND status NOT IN (3, 7)");
    BOOST_TEST(plan.find("alerts_open_by_fingerprint") != plan.npos, plan);
}

BOOST_AUTO_TEST_CASE(pages_of_any_size_in_any_order_hold_each_row_once) {
    domain d;
    fill(d);
    for (const char* sort : {"created_at", "updated_at", "severity", "risk_score"})
        for (const std::string way : {"", "-"}) {
            const auto whole = walk(d, {{"sort", way + sort}}, "1000");
            BOOST_TEST(whole.size() == 40u);
            for (const char* limit : {"1", "3", "7", "39", "40"}) {
                const auto pages = walk(d, {{"sort", way + sort}}, limit);
                BOOST_TEST((pages == whole), way << sort << " by " << limit);
            }
            std::vector<boost::json::value> turned =
                walk(d, {{"sort", std::string(way.empty() ? "-" : "").append(sort)}}, "9");
            std::reverse(turned.begin(), turned.end());
            BOOST_TEST((turned == whole), way << sort);
        }
}

BOOST_AUTO_TEST_CASE(ties_are_broken_by_id_and_null_is_least) {
    domain d;
    fill(d);
    const auto rows = walk(d, {{"sort", "risk_score"}}, "6");
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto key = [](const boost::json::value& row) {
            const auto& score = row.at("risk_score");
            return std::pair(score.is_null() ? -1 : score.as_int64(), std::string(row.at("id").as_string()));
        };
        BOOST_TEST((key(rows[i - 1]) < key(rows[i])));
    }
    BOOST_TEST(rows.front().at("risk_score").is_null());
}

BOOST_AUTO_TEST_CASE(severity_sorts_by_rank) {
    domain d;
    fill(d);
    BOOST_TEST((d.get("/alerts", {{"sort", "-severity"}, {"limit", "1"}}).text("/items/0/severity")) == "critical");
    BOOST_TEST((d.get("/alerts", {{"sort", "severity"}, {"limit", "1"}}).text("/items/0/severity")) == "informational");
}

BOOST_AUTO_TEST_CASE(the_newest_come_first_and_fifty_at_most_unless_asked) {
    domain d;
    for (int i = 0; i < 51; ++i) {
        ++d.now;
        d.post("/alerts", R"({"title":"t)" + std::to_string(i) + R"(","severity":"low"})");
    }
    const auto got = d.get("/alerts");
    BOOST_TEST(got.at("/items").as_array().size() == 50u);
    BOOST_TEST(got.text("/items/0/title") == "t50");
    BOOST_TEST(got.at("/next").is_string());
    BOOST_TEST(!got.json().as_object().contains("total"));
    BOOST_TEST((d.get("/alerts", {{"count", "true"}, {"limit", "2"}}).at("/total").as_int64()) == 51);
    BOOST_TEST((d.get("/alerts", {{"limit", "51"}}).at("/next").is_null()));
}

BOOST_AUTO_TEST_CASE(a_row_inserted_between_pages_moves_no_other) {
    domain d;
    fill(d);
    const auto first = d.get("/alerts", {{"limit", "10"}});
    ++d.now;
    d.post("/alerts", R"({"title":"late","severity":"low"})");
    const auto second = d.get("/alerts", {{"limit", "10"}, {"cursor", first.text("/next")}});
    std::set<std::string> ids;
    for (const auto* page : {&first, &second}) {
        const auto answered = page->json();
        for (const auto& item : answered.at("items").as_array()) ids.insert(std::string(item.at("id").as_string()));
    }
    BOOST_TEST(ids.size() == 20u);
}

BOOST_AUTO_TEST_CASE(the_same_filter_twice_means_or_and_others_mean_and) {
    domain d;
    fill(d);
    BOOST_TEST(matches(d, {{"severity", "low"}}) == 8u);
    BOOST_TEST(matches(d, {{"severity", "low"}, {"severity", "high"}}) == 16u);
    BOOST_TEST(matches(d, {{"severity", "low"}, {"tag", "even"}}) == 4u);
    BOOST_TEST(matches(d, {{"tag", "n2"}, {"tag", "n4"}}) == 2u);
    BOOST_TEST(matches(d, {{"tag", "n"}}) == 0u);
    BOOST_TEST(matches(d, {{"assigned_to", "ann"}}) == 20u);
    BOOST_TEST(matches(d, {{"status", "pending"}, {"disposition", "undetermined"}}) == 40u);
    BOOST_TEST(matches(d, {{"rule_id", "r"}}) == 0u);
}

BOOST_AUTO_TEST_CASE(times_are_half_open) {
    domain d;
    d.post("/alerts", R"({"title":"a","severity":"low"})");
    d.now += 1'000'000;
    d.post("/alerts", R"({"title":"b","severity":"low"})");
    BOOST_TEST(matches(d, {{"from", "2023-11-14T22:13:20Z"}}) == 2u);
    BOOST_TEST(matches(d, {{"from", "2023-11-14T22:13:20.000001Z"}}) == 1u);
    BOOST_TEST(matches(d, {{"to", "2023-11-14T22:13:21Z"}}) == 1u);
    BOOST_TEST(matches(d, {{"from", "2023-11-14T23:13:20+01:00"}, {"to", "2023-11-14T22:13:21.5Z"}}) == 2u);
}

BOOST_AUTO_TEST_CASE(a_search_finds_all_words_before_and_after_rows_are_indexed) {
    domain d;
    const auto add = [&](const std::string& title, const std::string& description) {
        return d
            .post("/alerts", R"({"title":")" + title + R"(","severity":"low","description":")" + description + "\"}")
            .text("/id");
    };
    const std::string early = add("Résumé of PowerShell", "ran cmd.exe");
    // More than are left waiting, so that the first ones are in the index and the last are not.
    for (int i = 0; i < 1100; ++i) add("filler", std::string("x").append(std::to_string(i)));
    const std::string late = add("powershell again", "no cmd here");
    BOOST_TEST(d.count("SELECT row FROM text_indexed WHERE name = 'alerts'") == 1024);
    BOOST_TEST(matches(d, {{"q", "POWERSHELL"}}) == 2u);
    BOOST_TEST(matches(d, {{"q", "powershell cmd"}}) == 2u);
    BOOST_TEST(matches(d, {{"q", "resume exe"}}) == 1u);
    BOOST_TEST(matches(d, {{"q", "power"}}) == 0u);
    BOOST_TEST(matches(d, {{"q", "again"}, {"q", "resume"}}) == 2u);

    for (const std::string& id : {early, late}) {
        d.patch("/alerts/" + id, R"({"title":"changed"})");
        BOOST_TEST(matches(d, {{"q", "powershell"}}) == (id == early ? 1u : 0u));
    }
    BOOST_TEST(matches(d, {{"q", "changed"}}) == 2u);
    for (const std::string& id : {early, late}) d.remove("/alerts/" + id);
    BOOST_TEST(matches(d, {{"q", "changed"}}) == 0u);
    // The number of the last row, deleted, comes again.
    add("powershell anew", "");
    BOOST_TEST(matches(d, {{"q", "powershell"}}) == 1u);
    BOOST_TEST(d.count("SELECT count(*) FROM (SELECT rowid FROM alerts_text WHERE alerts_text MATCH 'filler')") ==
               1023);
}

BOOST_AUTO_TEST_CASE(a_row_whose_number_was_indexed_before_is_found_too) {
    domain d;
    std::string last;
    for (int i = 0; i < 1024; ++i) last = d.post("/alerts", R"({"title":"old","severity":"low"})").text("/id");
    d.remove("/alerts/" + last);
    d.post("/alerts", R"({"title":"anew","severity":"low"})");
    BOOST_TEST(matches(d, {{"q", "anew"}}) == 1u);
    BOOST_TEST((d.get("/alerts/count", {{"q", "old"}}).at("/count").as_int64()) == 1023);
}

BOOST_AUTO_TEST_CASE(every_parameter_at_fault_is_named) {
    domain d;
    BOOST_TEST(faults(d, {{"nope", "1"}}) == "nope");
    BOOST_TEST(faults(d, {{"limit", "0"}}) == "limit");
    BOOST_TEST(faults(d, {{"limit", "1001"}}) == "limit");
    BOOST_TEST(faults(d, {{"limit", "5x"}}) == "limit");
    BOOST_TEST(faults(d, {{"limit", ""}}) == "limit");
    BOOST_TEST(faults(d, {{"limit", "99999999999999999999"}}) == "limit");
    BOOST_TEST(faults(d, {{"limit", "5"}, {"limit", "6"}}) == "limit");
    BOOST_TEST(faults(d, {{"sort", "title"}}) == "sort");
    BOOST_TEST(faults(d, {{"sort", "created_at; DROP TABLE alerts"}}) == "sort");
    BOOST_TEST(faults(d, {{"count", "yes"}}) == "count");
    BOOST_TEST(faults(d, {{"severity", "worst"}, {"from", "yesterday"}, {"x", ""}}) == "x severity from");
    BOOST_TEST(faults(d, {{"q", " -- "}}) == "q");
    BOOST_TEST(faults(d, {{"field.a", "1"}}) == "field.a");
    const auto count = d.get("/alerts/count", {{"limit", "5"}});
    BOOST_TEST(count.faults() == "limit");
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_list_is_refused) {
    domain d;
    fill(d);
    const std::string next = d.get("/alerts", {{"limit", "5"}, {"tag", "even"}}).text("/next");
    BOOST_TEST(faults(d, {{"cursor", next}}) == "cursor");
    BOOST_TEST(faults(d, {{"cursor", next}, {"tag", "even"}, {"sort", "created_at"}}) == "cursor");
    BOOST_TEST(faults(d, {{"cursor", next + "A"}, {"tag", "even"}}) == "cursor");
    BOOST_TEST(faults(d, {{"cursor", ""}}) == "cursor");
    BOOST_TEST((
        !d.get("/alerts", {{"limit", "9"}, {"cursor", next}, {"tag", "even"}, {"count", "true"}}).refused.has_value()));
}

BOOST_AUTO_TEST_CASE(a_tag_is_compared_whole) {
    domain d;
    d.post("/alerts", R"({"id":"nul","title":"t","severity":"low","tags":["half\u0000other"]})");
    d.post("/alerts", R"({"id":"half","title":"t","severity":"low","tags":["x","half"]})");
    d.post("/alerts", R"({"id":"quoted","title":"t","severity":"low","tags":["a\"b\\c","\u00e4\n"]})");
    const auto found = [&](const std::string& tag) {
        const auto got = d.get("/alerts", {{"tag", tag}});
        const auto items = got.at("/items");
        return items.as_array().size() == 1 ? got.text("/items/0/id") : std::to_string(items.as_array().size());
    };
    BOOST_TEST(found("half") == "half");
    BOOST_TEST(found(std::string("half\0other", 10)) == "nul");
    BOOST_TEST(found(std::string("half\0", 5)) == "0");
    BOOST_TEST(found("a\"b\\c") == "quoted");
    BOOST_TEST(found("ä\n") == "quoted");
    BOOST_TEST(found("") == "0");
}

BOOST_AUTO_TEST_CASE(a_page_ends_early_when_its_bytes_are_many) {
    domain d;
    const std::string wide(1'000'000, 'x');
    std::string body;
    for (int i = 0; i < 10; ++i) body += "{\"n\":" + std::to_string(i) + ",\"wide\":\"" + wide + "\"}\n";
    d.ingest_lines(body);
    std::size_t items = 0, pages = 0;
    domain::query wanted{{"limit", "1000"}, {"sort", "timestamp"}};
    for (bool more = true; more; ++pages) {
        const auto page = d.get("/events", wanted);
        BOOST_TEST(page.reply.body.size() < 5'500'000u);
        items += page.at("/items").as_array().size();
        wanted.resize(2);
        more = !page.at("/next").is_null();
        if (more) wanted.emplace_back("cursor", page.text("/next"));
    }
    BOOST_TEST(items == 10u);
    BOOST_TEST(pages == 2u);
}

BOOST_AUTO_TEST_CASE(a_page_of_alerts_ends_early_when_its_bytes_are_many) {
    domain d;
    const std::string wide(10'000, 'x');
    for (int i = 0; i < 500; ++i) d.post("/alerts", R"({"title":"t","severity":"low","description":")" + wide + "\"}");
    const auto first = d.get("/alerts", {{"limit", "1000"}});
    BOOST_TEST(first.reply.body.size() < carrel::siem::page_bytes_max + 20'000);
    const auto second = d.get("/alerts", {{"limit", "1000"}, {"cursor", first.text("/next")}});
    BOOST_TEST(second.at("/next").is_null());
    BOOST_TEST(first.at("/items").as_array().size() + second.at("/items").as_array().size() == 500u);
}

BOOST_AUTO_TEST_SUITE_END()
