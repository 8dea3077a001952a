// Queries of alerts: what they find, beside what the matcher of events finds in the same texts.
#include "json/writer.hpp"
#include "query/matcher.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <set>
#include <variant>

using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(row_query)

namespace {

using names = std::set<std::string>;

std::string text(std::string_view of) {
    std::string out;
    carrel::json::writer(out).string(of);
    return out;
}

std::string body(const std::string& id, std::string_view title, std::string_view description) {
    return R"({"id":)" + text(id) + R"(,"title":)" + text(title) + R"(,"severity":"low","description":)" +
           text(description) + "}";
}

names found_by(domain& d, domain::query query) {
    query.emplace_back("limit", "1000");
    query.emplace_back("count", "true");
    const auto answer = d.get("/alerts", query);
    BOOST_TEST_REQUIRE(!answer.refused.has_value(), query.front().second);
    names ids;
    const auto json = answer.json();
    for (const auto& item : json.at("items").as_array()) ids.insert(std::string(item.at("id").as_string()));
    BOOST_TEST(static_cast<std::size_t>(json.at("total").as_int64()) == ids.size());
    return ids;
}

names found(domain& d, const std::string& q) { return found_by(d, {{"q", q}}); }

std::string refusal(domain& d, const std::string& q) {
    const auto answer = d.get("/alerts", {{"q", q}});
    BOOST_TEST_REQUIRE(answer.refused.has_value(), q);
    BOOST_TEST(answer.refused->faults.front().field == "q");
    return answer.refused->faults.front().detail;
}

// So that what was added before is in the index and what comes later waits.
void fill_index(domain& d, int already) {
    d.post("/rules", R"({"id":"filler","name":"filler","severity":"low","query":"filler"})");
    for (int i = already; i < 1024; ++i)
        d.post("/alerts", R"({"title":"filler","severity":"informational","rule_id":"filler"})");
    BOOST_TEST_REQUIRE(d.count("SELECT row FROM text_indexed WHERE name = 'alerts'") == 1024);
}

const std::vector<std::string> words = {"net",          "user",     "Added",     "R\u00E9sum\u00E9",
                                        "Stra\u00DFe",  "cmd.exe",  "admin",     "\u7BA1\u7406\u8005",
                                        "\u767B\u5F55", "net-user", "\u00DCber", "\u0130stanbul",
                                        "42",           "a"};

class maker {
public:
    explicit maker(unsigned seed)
        : random_(seed) {}

    std::string some_words(std::size_t most) {
        std::string made;
        for (std::size_t i = 1 + below(most); i > 0; --i) made += (made.empty() ? "" : " ") + word();
        return made;
    }
    std::string query(int depth) {
        switch (depth == 0 ? below(4) : below(8)) {
            case 0: return "\"" + some_words(3) + "\"";
            case 1: return prefix();
            case 4: return query(depth - 1) + " OR " + query(depth - 1);
            case 5: return "NOT " + primary(depth);
            case 6: return query(depth - 1) + " " + primary(depth);
            case 7: return "-" + primary(depth);
            default: return word();
        }
    }

private:
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
    const std::string& word() { return words[below(words.size())]; }
    std::string prefix() {
        constexpr std::array<const char*, 6> all = {"ad*", "STRAS*", "res*", "\u7BA1*", "ne*", "\u00FCb*"};
        return all[below(all.size())];
    }
    std::string primary(int depth) { return "(" + query(depth - 1) + ")"; }

    std::mt19937_64 random_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(random_queries_find_what_the_matcher_of_events_finds_in_the_same_texts) {
    domain d;
    maker make(7);
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i) {
        if (i == 200) fill_index(d, i);
        const std::string title = make.some_words(4), description = make.some_words(3);
        const auto made = d.post("/alerts", body("a" + std::to_string(i), title, description));
        BOOST_TEST_REQUIRE(!made.refused.has_value());
        texts.push_back(R"({"t":)" + text(title) + R"(,"d":)" + text(description) + "}");
    }
    std::size_t some = 0;
    for (int round = 0; round < 500; ++round) {
        const std::string q = make.query(3);
        const auto read = carrel::query::parse(q);
        BOOST_TEST_REQUIRE(std::holds_alternative<carrel::query::expression>(read), q);
        carrel::query::matcher events(std::get<carrel::query::expression>(read));
        names expected;
        for (std::size_t i = 0; i < texts.size(); ++i)
            if (events.matches(texts[i], {})) expected.insert("a" + std::to_string(i));
        // The fillers have neither of the words, and queries of negations find them all.
        names answered = found(d, "(" + q + ") -filler");
        BOOST_TEST(answered == expected, q);
        if (events.matches(R"({"t":"filler"})", {})) continue;
        BOOST_TEST(found(d, q) == expected, q);
        some += !expected.empty() && expected.size() < texts.size() ? 1 : 0;
    }
    BOOST_TEST(some > 150u);
}

BOOST_AUTO_TEST_CASE(every_field_of_an_alert_can_be_asked_for) {
    domain d;
    d.post("/rules", R"({"id":"sigma-1","name":"net","severity":"low","query":"net"})");
    d.post("/alerts",
           R"({"id":"one","title":"Net user added","severity":"high","assigned_to":"Ann Lee","risk_score":70,)"
           R"("tags":["T1136","na\u00efve \"x\""],"rule_id":"sigma-1","fingerprint":"f:1"})");
    d.now += 1'000'000;
    d.post("/alerts",
           R"({"id":"two","title":"other","severity":"low","description":"net user","disposition":"benign"})");
    const auto check = [&](const std::string& q, const names& expected) { BOOST_TEST(found(d, q) == expected, q); };
    const names one = {"one"}, two = {"two"}, both = {"one", "two"}, none;
    check("title:net", one);
    check("description:\"net user\"", two);
    check("title:=\"Net user added\"", one);
    check("title:=\"net user added\"", none);
    check("title:net OR title:oth*", both);
    check("severity:high", one);
    check("-severity:HIGH", two);
    check("severity:=low", two);
    check("status:pending net", both);
    check("disposition:benign", two);
    check("assigned_to:lee", one);
    check("assigned_to:*", one);
    check("NOT description:*", one);
    check("risk_score:>=70", one);
    check("risk_score:>70", none);
    check("-risk_score:*", two);
    check("version:=1", both);
    check("tags:t1136", one);
    check("tags:\"naive x\"", one);
    check("tags:=T1136", one);
    check("tags:*", both);
    check("event_ids:x", none);
    check("rule_id:sigma", one);
    check("fingerprint:f\\:1", one);
    check("id:two", two);
    check("created_at:>=2023-11-14T22:13:21Z", two);
    check("created_at:<2023-11-14T22:13:21Z net", one);
    check("duplicate_count:<1 last_seen:>2020-01-01", both);
    // A word without a field is one of title and description.
    check("high", none);
    check("pending", none);
    check("t1136", none);
    BOOST_TEST(found_by(d, {{"q", "title:other"}, {"q", "severity:high"}}) == both);
    BOOST_TEST(found_by(d, {{"q", "net"}, {"severity", "low"}}) == two);
}

BOOST_AUTO_TEST_CASE(what_is_not_understood_is_refused_with_its_position) {
    domain d;
    BOOST_TEST(refusal(d, "net (user").ends_with("(character 5)"));
    BOOST_TEST(refusal(d, "\u00E9 \"open").ends_with("(character 3)"));
    BOOST_TEST(refusal(d, "a OR").ends_with("(character 5)"));
    BOOST_TEST(refusal(d, " -- ").ends_with("(character 2)"));
    BOOST_TEST(refusal(d, "a*b").ends_with("(character 2)"));
    BOOST_TEST(refusal(d, "net host:web").starts_with("alerts have no such field; they have id, version, "));
    BOOST_TEST(refusal(d, "net host:web").ends_with("(character 5)"));
    BOOST_TEST(refusal(d, "title.x:y").ends_with("(character 1)"));
    BOOST_TEST(refusal(d, "Title:y").ends_with("(character 1)"));
    BOOST_TEST(refusal(d, "severity:>=low") == "severity is a name, which is not compared (character 10)");
    BOOST_TEST(refusal(d, "risk_score:>=high") == "must be a number (character 14)");
    BOOST_TEST(refusal(d, "created_at:2026-03-04") == "a time is compared with >, >=, < or <= (character 12)");
    BOOST_TEST(refusal(d, "created_at:>=yesterday").ends_with("(character 14)"));
    BOOST_TEST((d.get("/alerts/count", {{"q", "x:y"}}).refused.has_value()));
    // The second of two is at fault.
    BOOST_TEST((d.get("/alerts", {{"q", "net"}, {"q", "("}}).refused.has_value()));
}

BOOST_AUTO_TEST_CASE(a_query_as_deep_and_as_long_as_queries_may_be_is_answered) {
    domain d;
    fill_index(d, 0);
    std::string deep, ends, longest;
    for (int i = 0; i < 32; ++i) deep += i % 2 == 0 ? "filler (" : "nowhere OR (", ends += ")";
    BOOST_TEST(found_by(d, {{"q", deep + "filler" + ends}, {"severity", "low"}}).empty());
    BOOST_TEST((d.get("/alerts/count", {{"q", deep + "filler" + ends}}).at("/count").as_int64()) == 1024);
    for (int i = 0; i < 256; ++i) longest += (i == 0 ? "w" : " OR w") + std::to_string(i);
    BOOST_TEST(found(d, longest).empty());
    domain::query many(100, {"q", longest});
    BOOST_TEST((d.get("/alerts/count", many).at("/count").as_int64()) == 0);
}

BOOST_AUTO_TEST_CASE(alerts_that_an_earlier_version_indexed_are_found_by_their_folded_words) {
    domain d(8);
    const auto done = d.write([](carrel::write_session& session) -> carrel::result<void> {
        for (const char* sql :
             {"INSERT INTO alerts(seq, id, version, created_at, updated_at, title, description, severity, status, "
              "disposition, event_ids, tags, duplicate_count, last_seen) VALUES "
              "(1, 'a', 1, 1, 1, 'Stra\u00DFe', NULL, 3, 0, 0, '[]', '[]', 0, 1), "
              "(2, 'b', 1, 2, 2, 'x', '\u7BA1\u7406\u8005 \u0141\u00F3d\u017A', 3, 0, 0, '[]', '[]', 0, 1), "
              "(3, 'c', 1, 3, 3, 'strasse', NULL, 3, 0, 0, '[]', '[]', 0, 1)",
              "INSERT INTO alerts_text(rowid, words) VALUES (1, 'stra\u00DFe '), (2, 'x \u7BA1\u7406\u8005 lodz ')",
              "UPDATE text_indexed SET row = 2 WHERE name = 'alerts'"})
            if (auto one = session.execute(carrel::write_sql::dynamic(sql)); !one) return one;
        return {};
    });
    BOOST_TEST_REQUIRE(done.has_value());
    d.upgrade();
    const names streets = {"a", "c"}, b = {"b"};
    BOOST_TEST(found(d, "strasse") == streets);
    BOOST_TEST(found(d, "STRA\u00DFE") == streets);
    BOOST_TEST(found(d, "lodz") == b);
    BOOST_TEST(found(d, "\u7406") == b);
    d.patch("/alerts/a", R"({"title":"way"})");
    d.remove("/alerts/b");
    BOOST_TEST(found(d, "strasse") == names{"c"});
    BOOST_TEST(found(d, "lodz").empty());
    BOOST_TEST(found(d, "way") == names{"a"});
}

BOOST_AUTO_TEST_SUITE_END()
