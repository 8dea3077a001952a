#include "resource/listing.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(alert_history)

BOOST_AUTO_TEST_CASE(a_history_lists_each_change_and_only_changes) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    BOOST_TEST(d.get("/alerts/a/history").reply.body == R"({"items":[],"next":null})");
    d.post("/alerts/a/status", R"({"status":"acknowledged","note":"on it"})");
    d.now += 1;
    d.patch("/alerts/a", R"({"assigned_to":"ann","disposition":"benign","title":"u"})");
    d.patch("/alerts/a", R"({"assigned_to":"ann","disposition":"benign"})");
    d.patch("/alerts/a", R"({"assigned_to":null})");
    BOOST_TEST(
        d.get("/alerts/a/history").reply.body ==
        R"({"items":[{"field":"status","from":"pending","to":"acknowledged","at":"2023-11-14T22:13:20.000000Z","by":null,"note":"on it"},)"
        R"({"field":"disposition","from":"undetermined","to":"benign","at":"2023-11-14T22:13:20.000001Z","by":null,"note":null},)"
        R"({"field":"assigned_to","from":null,"to":"ann","at":"2023-11-14T22:13:20.000001Z","by":null,"note":null},)"
        R"({"field":"assigned_to","from":"ann","to":null,"at":"2023-11-14T22:13:20.000001Z","by":null,"note":null}],"next":null})");
}

BOOST_AUTO_TEST_CASE(a_history_comes_in_pages) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    for (int i = 0; i < 7; ++i) d.patch("/alerts/a", R"({"assigned_to":"p)" + std::to_string(i) + "\"}");
    std::string all, cursor;
    int pages = 0;
    do {
        domain::query wanted{{"limit", "3"}};
        if (!cursor.empty()) wanted.emplace_back("cursor", cursor);
        const auto page = d.get("/alerts/a/history", wanted);
        const auto items = page.at("/items");
        for (const auto& item : items.as_array()) all += std::string(item.at("to").as_string());
        cursor = page.at("/next").is_null() ? "" : page.text("/next");
        ++pages;
    } while (!cursor.empty() && pages < 9);
    BOOST_TEST(all == "p0p1p2p3p4p5p6");
    BOOST_TEST(pages == 3);
    const std::string next = d.get("/alerts/a/history", {{"limit", "3"}}).text("/next");
    d.post("/alerts", R"({"id":"b","title":"t","severity":"low"})");
    BOOST_TEST((d.get("/alerts/b/history", {{"cursor", next}}).faults()) == "cursor");
    BOOST_TEST((d.get("/alerts/a/history", {{"cursor", next.substr(0, next.size() - 3)}}).faults()) == "cursor");
    BOOST_TEST((d.get("/alerts/a/history", {{"limit", "0"}, {"x", "1"}}).faults()) == "x");
    BOOST_TEST((d.get("/alerts/a/history", {{"limit", "0"}}).faults()) == "limit");
    BOOST_TEST((d.get("/alerts/a/history", {{"limit", "1"}, {"limit", "2"}}).faults()) == "limit");
}

BOOST_AUTO_TEST_CASE(a_page_of_history_is_bounded_by_its_bytes) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.write([](carrel::write_session& session) {
        return session.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) INSERT INTO "
            "history(resource, row, field, at, note) SELECT 'alerts', (SELECT seq FROM alerts), 'status', 0, "
            "printf('%.*c', 10000, 'x') FROM n");
    });
    const auto first = d.get("/alerts/a/history");
    BOOST_TEST(first.reply.body.size() < carrel::siem::page_bytes_max + 20'000);
    const auto second = d.get("/alerts/a/history", {{"cursor", first.text("/next")}});
    BOOST_TEST(second.at("/next").is_null());
    BOOST_TEST(first.at("/items").as_array().size() + second.at("/items").as_array().size() == 600u);
}

BOOST_AUTO_TEST_SUITE_END()
