// The audit log: what is written in it, with what it tells.
#include "resource/audit.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::call;
using carrel::siem::problem_code;
using carrel::testing::answer;
using carrel::testing::domain;

namespace {

void by_ann(call& request) {
    request.principal = "ann";
    request.address = "192.0.2.7";
    request.request_id = "r-1";
}

std::int64_t entries(domain& d) { return d.count("SELECT count(*) FROM audit WHERE true"); }

void add_alert(domain& d, const std::string& id) {
    BOOST_REQUIRE(!d.post("/alerts", R"({"id":")" + id + R"(","title":"t","severity":"low"})").refused);
}

void append(domain& d, carrel::siem::audit_entry entry) {
    const auto done = d.write([&](carrel::write_session& session) { return append_audit(session, entry); });
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

// All pieces of the list as rows.
std::string rows(domain& d, carrel::siem::reply_format format, const domain::query& wanted = {}) {
    call request;
    request.query = wanted;
    request.now = d.now;
    request.format = format;
    const auto all = carrel::siem::operations();
    const auto what = std::find_if(all.begin(), all.end(), [](const auto& each) { return each.id == "list_audit"; });
    if (const auto wrong = what->check(*what, request)) throw std::logic_error(wrong->faults.front().detail);
    std::string text;
    for (bool goes_on = true; goes_on;) {
        carrel::siem::reply piece;
        const auto done =
            d.read([&](carrel::read_session& session) { return what->read(*what, session, request, piece); });
        BOOST_REQUIRE(done.has_value());
        text += piece.body;
        goes_on = piece.rest != nullptr;
        request.parsed = std::move(piece.rest);
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_log)

BOOST_AUTO_TEST_CASE(a_deletion_has_an_entry_that_says_who_and_what) {
    domain d;
    add_alert(d, "a");
    BOOST_TEST(entries(d) == 0);
    d.remove("/alerts/a", by_ann);
    const auto entry = d.get("/audit/1");
    BOOST_TEST(entry.text("/id") == "1");
    BOOST_TEST(entry.at("/seq").as_int64() == 1);
    BOOST_TEST(entry.text("/principal") == "ann");
    BOOST_TEST(entry.text("/action") == "delete_alert");
    BOOST_TEST(entry.text("/outcome") == "done");
    BOOST_TEST(entry.text("/target") == "/alerts/a");
    BOOST_TEST(entry.text("/address") == "192.0.2.7");
    BOOST_TEST(entry.text("/request_id") == "r-1");
    BOOST_TEST(entry.at("/detail").as_object().empty());
    BOOST_TEST(entry.text("/hash").size() == 64u);
    BOOST_TEST(entry.text("/at") == "2023-11-14T22:13:20.000000Z");
}

BOOST_AUTO_TEST_CASE(what_was_refused_and_what_is_not_audited_have_none) {
    domain d;
    add_alert(d, "a");
    BOOST_TEST(carrel::testing::is(d.remove("/alerts/b", by_ann), problem_code::not_found));
    d.patch("/alerts/a", R"({"title":"u"})", by_ann);
    BOOST_TEST(entries(d) == 0);
}

BOOST_AUTO_TEST_CASE(a_replay_appends_nothing) {
    domain d;
    add_alert(d, "a");
    const auto with_key = [](call& request) {
        by_ann(request);
        request.idempotency = carrel::siem::idempotency{"k", "f"};
    };
    for (int i = 0; i < 3; ++i) BOOST_TEST(!d.remove("/alerts/a", with_key).refused);
    BOOST_TEST(entries(d) == 1);
}

BOOST_AUTO_TEST_CASE(a_bulk_job_has_one_with_what_it_was_done_to) {
    domain d;
    add_alert(d, "a");
    add_alert(d, "b");
    d.post("/alerts/bulk", R"({"action":"delete","ids":["a","gone","b"]})", by_ann);
    BOOST_TEST(entries(d) == 1);
    const auto detail = d.get("/audit/1").at("/detail");
    BOOST_TEST(detail == boost::json::parse(R"({"action":"delete","succeeded":2,"failed":1,"ids":["a","b"]})"));
    d.post("/alerts/bulk", R"({"action":"delete","ids":["a"],"atomic":true})", by_ann);
    BOOST_TEST(entries(d) == 1);
}

BOOST_AUTO_TEST_CASE(a_detail_is_bounded) {
    domain d;
    std::string ids;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = "an-id-of-some-length-" + std::to_string(i);
        add_alert(d, id);
        ids.append(ids.empty() ? "\"" : ",\"").append(id).append("\"");
    }
    d.post("/alerts/bulk", R"({"action":"delete","ids":[)" + ids + "]}", by_ann);
    const auto detail = d.get("/audit/1").at("/detail");
    BOOST_TEST(detail.at("succeeded").as_int64() == 1000);
    const auto listed = static_cast<std::int64_t>(detail.at("ids").as_array().size());
    BOOST_TEST(listed > 50);
    BOOST_TEST(detail.at("ids_left_out").as_int64() == 1000 - listed);
    append(d, {.action = "x", .detail = "{\"a\":\"" + std::string(5000, 'a') + "\"}"});
    BOOST_TEST(d.get("/audit/2").at("/detail").at("left_out").as_int64() == 5008);
    BOOST_TEST(d.count("SELECT max(length(detail)) FROM audit") <= 4096);
}

BOOST_AUTO_TEST_CASE(texts_from_outside_are_cut_and_made_utf_8) {
    domain d;
    append(d, {.principal = std::string(400, 'p'), .action = "login_failed", .target = "\xff\xc3\xa4\x01"});
    append(d, {.principal = std::string(255, 'p') + "\xc3\xa4", .action = ""});
    const auto first = d.get("/audit/1"), second = d.get("/audit/2");
    BOOST_TEST(first.text("/principal") == std::string(256, 'p'));
    BOOST_TEST(first.text("/target") == "?\xc3\xa4\x01");
    BOOST_TEST(first.at("/address").is_null());
    BOOST_TEST(second.text("/principal") == std::string(255, 'p'));
    BOOST_TEST(second.text("/action") == "?");
}

BOOST_AUTO_TEST_CASE(parameters_say_what_was_meant) {
    domain d;
    d.send(carrel::siem::method::del, "/events", {}, {{"to", "2020-01-01T00:00:00Z"}}, by_ann);
    const auto entry = d.get("/audit/1");
    BOOST_TEST(entry.text("/action") == "delete_events");
    BOOST_TEST(entry.text("/target").starts_with("/events/deletions/"));
    BOOST_TEST(entry.at("/detail/query") == boost::json::parse(R"([["to","2020-01-01T00:00:00Z"]])"));
}

BOOST_AUTO_TEST_CASE(configuration_and_imports_are_audited) {
    const auto all = carrel::siem::operations();
    for (const char* id : {"create_action", "change_rule_feed", "replace_ioc_feed", "create_field_mapping",
                           "test_action", "import_rules", "change_rule_lifecycle", "import_attack", "import_iocs"})
        BOOST_TEST(
            std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.id == id && each.is_audited; }),
            id);
}

BOOST_AUTO_TEST_CASE(each_deletion_and_each_export_is_audited) {
    int deletions = 0, exports = 0;
    for (const auto& what : carrel::siem::operations()) {
        const bool deletes = what.method == carrel::siem::method::del || what.path.ends_with("/bulk");
        const bool is_export = what.has_rows || !what.reply_type.empty() || what.id.starts_with("export");
        deletions += deletes ? 1 : 0;
        exports += is_export ? 1 : 0;
        if (deletes || is_export) BOOST_TEST(what.is_audited, what.id);
        // Else a point read would be a write.
        if (!what.is_write() && !is_export) BOOST_TEST(!what.is_audited, what.id);
    }
    BOOST_TEST(deletions > 20);
    BOOST_TEST(exports >= 3);
}

BOOST_AUTO_TEST_CASE(an_export_is_audited_before_it_begins_and_a_page_is_not) {
    domain d;
    const auto all = carrel::siem::operations();
    const auto list = std::find_if(all.begin(), all.end(), [](const auto& each) { return each.id == "list_events"; });
    call request;
    by_ann(request);
    BOOST_TEST(!is_audited_read(*list, request));
    request.format = carrel::siem::reply_format::csv;
    request.query = {{"host", "h"}};
    BOOST_TEST(is_audited_read(*list, request));
    BOOST_TEST(
        d.write([&](carrel::write_session& session) { return audit_read(*list, session, request); }).has_value());
    const auto entry = d.get("/audit/1");
    BOOST_TEST(entry.text("/action") == "list_events");
    BOOST_TEST(entry.text("/target") == "/events");
    BOOST_TEST(entry.at("/detail") == boost::json::parse(R"({"format":"csv","query":[["host","h"]]})"));
}

BOOST_AUTO_TEST_CASE(nothing_changes_or_removes_an_entry) {
    domain d;
    append(d, {.action = "x"});
    append(d, {.action = "y"});
    for (const char* sql : {"UPDATE audit SET action = 'z'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 2",
                            "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2",
                            "UPDATE audit_genesis SET hash = x''", "DELETE FROM audit_genesis"}) {
        const auto done =
            d.write([&](carrel::write_session& session) { return session.execute(carrel::write_sql::dynamic(sql)); });
        BOOST_TEST(done.has_error(), sql);
    }
    BOOST_TEST(d.count("SELECT count(*) FROM audit WHERE action IN ('x', 'y')") == 2);
    BOOST_TEST(d.count("SELECT length(hash) FROM audit_genesis") == 32);
}

// -- its operations ---

BOOST_AUTO_TEST_CASE(lists_are_filtered_and_paged) {
    domain d;
    for (int i = 0; i < 9; ++i) {
        d.now += 1'000'000;
        append(d, {.at = d.now,
                   .principal = i % 3 == 0 ? "ann" : "bob",
                   .action = i % 2 == 0 ? "login" : "login_failed",
                   .outcome = i % 2 == 0 ? carrel::siem::audit_outcome::done : carrel::siem::audit_outcome::refused,
                   .target = "/t/" + std::to_string(i),
                   .address = "10.0.0." + std::to_string(i % 4)});
    }
    const auto ids = [&](const domain::query& by) { return carrel::testing::ids(d.get("/audit", by)); };
    BOOST_TEST(ids({}) == "9 8 7 6 5 4 3 2 1");
    BOOST_TEST(ids({{"sort", "seq"}, {"limit", "3"}}) == "1 2 3");
    BOOST_TEST(ids({{"principal", "ann"}}) == "7 4 1");
    BOOST_TEST(ids({{"action", "login"}, {"principal", "ann"}}) == "7 1");
    BOOST_TEST(ids({{"outcome", "refused"}, {"sort", "at"}}) == "2 4 6 8");
    BOOST_TEST(ids({{"target", "/t/3"}}) == "4");
    BOOST_TEST(ids({{"address", "10.0.0.1"}}) == "6 2");
    BOOST_TEST(ids({{"from", "2023-11-14T22:13:22Z"}, {"to", "2023-11-14T22:13:24Z"}}) == "3 2");
    BOOST_TEST(d.get("/audit/count", {{"principal", "bob"}}).at("/count").as_int64() == 6);

    for (const char* sort : {"at", "-at", "seq", "-seq"}) {
        std::string seen, cursor;
        do {
            domain::query page{{"sort", sort}, {"limit", "2"}};
            if (!cursor.empty()) page.emplace_back("cursor", cursor);
            const auto got = d.get("/audit", page);
            seen.append(seen.empty() ? "" : " ").append(carrel::testing::ids(got));
            cursor = got.at("/next").is_null() ? "" : got.text("/next");
        } while (!cursor.empty());
        BOOST_TEST(seen == (sort[0] == '-' ? "9 8 7 6 5 4 3 2 1" : "1 2 3 4 5 6 7 8 9"), sort << ": " << seen);
    }
}

BOOST_AUTO_TEST_CASE(wrong_questions_are_refused) {
    domain d;
    append(d, {.action = "x"});
    BOOST_TEST(d.get("/audit", {{"sort", "seq"}, {"action", "x"}}).faults() == "sort");
    BOOST_TEST(d.get("/audit", {{"sort", "action"}}).faults() == "sort");
    BOOST_TEST(d.get("/audit", {{"outcome", "well"}}).faults() == "outcome");
    BOOST_TEST(d.get("/audit", {{"from", "yesterday"}}).faults() == "from");
    BOOST_TEST(d.get("/audit", {{"cursor", "x"}}).faults() == "cursor");
    for (const char* path : {"/audit/2", "/audit/0", "/audit/x", "/audit/99999999999999999999", "/audit/-1"})
        BOOST_TEST(carrel::testing::is(d.get(path), problem_code::not_found), path);
    BOOST_TEST(carrel::testing::is(d.get("/audit/01"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(the_head_is_the_last_entry_or_the_genesis) {
    domain d, other;
    const auto empty = d.get("/audit/head");
    BOOST_TEST(empty.at("/seq").as_int64() == 0);
    BOOST_TEST(empty.at("/at").is_null());
    BOOST_TEST(empty.text("/hash").size() == 64u);
    BOOST_TEST(empty.text("/hash") != other.get("/audit/head").text("/hash"));
    append(d, {.at = d.now, .action = "x"});
    append(other, {.at = d.now, .action = "x"});
    const auto head = d.get("/audit/head");
    BOOST_TEST(head.at("/seq").as_int64() == 1);
    BOOST_TEST(head.text("/hash") == d.get("/audit/1").text("/hash"));
    BOOST_TEST(head.text("/hash") != other.get("/audit/head").text("/hash"));
    BOOST_TEST(head.text("/at") == d.get("/audit/1").text("/at"));
}

BOOST_AUTO_TEST_CASE(rows_come_in_the_order_of_the_log) {
    domain d;
    append(d, {.at = d.now, .principal = "a,\"b\"", .action = "login", .detail = R"({"n":1})"});
    append(d, {.at = d.now - 5'000'000, .action = "logout", .outcome = carrel::siem::audit_outcome::failed});
    append(d, {.at = d.now, .principal = "c", .action = "login"});
    const auto ndjson = lines_of(rows(d, carrel::siem::reply_format::ndjson));
    BOOST_REQUIRE(ndjson.size() == 3u);
    BOOST_TEST(ndjson[1] == d.get("/audit/2").reply.body);
    const auto csv = lines_of(rows(d, carrel::siem::reply_format::csv));
    BOOST_REQUIRE(csv.size() == 4u);
    BOOST_TEST(csv[0] == "id,seq,at,principal,action,outcome,target,address,request_id,detail,hash\r");
    BOOST_TEST(csv[1].starts_with("1,1,2023-11-14T22:13:20.000000Z,\"a,\"\"b\"\"\",login,done,,,,\"{\"\"n\"\":1}\","));
    BOOST_TEST(csv[2].starts_with("2,2,2023-11-14T22:13:15.000000Z,,logout,failed,,,,{},"));
    BOOST_TEST(lines_of(rows(d, carrel::siem::reply_format::ndjson, {{"action", "login"}})).size() == 2u);
    BOOST_TEST(lines_of(rows(d, carrel::siem::reply_format::ndjson, {{"after", "2"}})).size() == 1u);
    BOOST_TEST(lines_of(rows(d, carrel::siem::reply_format::ndjson, {{"after", "0"}, {"limit", "2"}})).size() == 2u);
    BOOST_TEST(rows(d, carrel::siem::reply_format::ndjson, {{"after", "3"}}).empty());
    BOOST_CHECK_THROW(rows(d, carrel::siem::reply_format::ndjson, {{"sort", "at"}}), std::logic_error);
    BOOST_CHECK_THROW(rows(d, carrel::siem::reply_format::ndjson, {{"after", "-1"}}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(an_export_of_many_is_several_pieces_and_leaves_none_out) {
    domain d;
    const auto done = d.write([&](carrel::write_session& session) -> carrel::result<void> {
        for (int i = 0; i < 41'000; ++i) {
            carrel::siem::audit_entry entry{.at = d.now + i, .action = i % 100 == 99 ? "rare" : "x"};
            if (i < 200) entry.detail = "{\"a\":\"" + std::string(4000, 'a') + "\"}";
            if (auto appended = append_audit(session, entry); !appended) return appended;
        }
        return {};
    });
    BOOST_REQUIRE(done.has_value());
    const auto all = lines_of(rows(d, carrel::siem::reply_format::ndjson));
    BOOST_REQUIRE(all.size() == 41'000u);
    for (std::size_t i = 0; i < all.size(); i += 997)
        BOOST_TEST(all[i].starts_with("{\"id\":\"" + std::to_string(i + 1) + "\""));
    BOOST_TEST(lines_of(rows(d, carrel::siem::reply_format::ndjson, {{"action", "rare"}})).size() == 410u);
}

BOOST_AUTO_TEST_SUITE_END()
