#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using carrel::siem::problem_code;
using carrel::testing::domain;
using format = carrel::siem::event_intake::format;

BOOST_AUTO_TEST_SUITE(events)

namespace {

constexpr const char* four =
    R"({"@timestamp":"2020-09-20T21:00:00Z","host":"PC1","SourceName":"Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Keywords":36028797018963968,"Image":"C:\\Windows\\cmd.exe"})"
    "\n"
    R"({"@timestamp":"2020-09-20T21:00:01Z","host":"PC2","SourceName":"Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","EventID":10,"Keywords":36028797018963969,"Level":"WARNING","Image":"powershell"})"
    "\n"
    R"({"@timestamp":"2020-09-20T22:00:00Z","host":"PC1","SourceName":"Audit","Channel":"Security","EventID":4688,"Keywords":"36028797018963968","ok":true,"none":null})"
    "\n"
    R"({"@timestamp":"2020-09-21T21:00:00Z","host":"PC3","Channel":"Security","EventID":"4688","nested":{"Image":"cmd.exe"},"a.b":"dotted"})"
    "\n";

std::size_t matches(domain& d, const domain::query& wanted) {
    const auto got = d.get("/events", wanted);
    BOOST_REQUIRE(!got.refused.has_value());
    const std::size_t items = got.at("/items").as_array().size();
    BOOST_TEST(d.get("/events/count", wanted).at("/count").as_int64() == static_cast<std::int64_t>(items));
    return items;
}

std::string faults(domain& d, const domain::query& wanted) {
    const auto got = d.get("/events", wanted);
    BOOST_TEST((got.refused && got.refused->code == problem_code::bad_request));
    return got.faults();
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_event_comes_back_whole_and_its_fields_byte_for_byte) {
    domain d;
    const auto intake = d.ingest_lines("  {\"host\" : \"PC\\u0031\",\"n\":1.50, \"Level\":\"INFO\"} \r\n");
    const std::string id = intake->summary().first_id;
    const auto got = d.get("/events/" + id);
    BOOST_TEST(got.reply.body ==
               R"({"id":")" + id +
                   R"(","timestamp":"2023-11-14T22:13:20.000000Z","received_at":"2023-11-14T22:13:20.000000Z",)"
                   R"("source":null,"host":"PC1","channel":null,"event_code":null,"severity":"info",)"
                   R"("fields":{"host" : "PC\u0031","n":1.50, "Level":"INFO"}})");
    BOOST_TEST(got.reply.version == 0);
    BOOST_TEST((d.get("/events/none").refused->code == problem_code::not_found));
    BOOST_TEST((d.get("/events/no%20id").refused->code == problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(filters_narrow_what_is_listed) {
    domain d;
    d.ingest_lines(four);
    BOOST_TEST(matches(d, {}) == 4u);
    BOOST_TEST(matches(d, {{"host", "PC1"}}) == 2u);
    BOOST_TEST(matches(d, {{"host", "PC1"}, {"host", "PC3"}}) == 3u);
    BOOST_TEST(matches(d, {{"host", "pc1"}}) == 0u);
    BOOST_TEST(matches(d, {{"source", "Sysmon"}}) == 2u);
    BOOST_TEST(matches(d, {{"channel", "Security"}, {"event_code", "4688"}}) == 2u);
    BOOST_TEST(matches(d, {{"severity", "warning"}}) == 1u);
    BOOST_TEST(matches(d, {{"severity", "no such thing"}}) == 0u);
    BOOST_TEST(matches(d, {{"from", "2020-09-20T21:00:01Z"}, {"to", "2020-09-21T21:00:00Z"}}) == 2u);
}

BOOST_AUTO_TEST_CASE(a_field_filter_is_exact_on_top_level_keys) {
    domain d;
    d.ingest_lines(four);
    BOOST_TEST(matches(d, {{"field.Keywords", "36028797018963968"}}) == 2u);
    BOOST_TEST(matches(d, {{"field.Keywords", "36028797018963969"}}) == 1u);
    BOOST_TEST(matches(d, {{"field.Keywords", "36028797018963968"}, {"field.Keywords", "36028797018963969"}}) == 3u);
    BOOST_TEST(matches(d, {{"field.Keywords", "36028797018963968"}, {"field.EventID", "1"}}) == 1u);
    BOOST_TEST(matches(d, {{"field.Image", "C:\\Windows\\cmd.exe"}}) == 1u);
    BOOST_TEST(matches(d, {{"field.Image", "cmd.exe"}}) == 0u);
    BOOST_TEST(matches(d, {{"field.ok", "true"}}) == 1u);
    BOOST_TEST(matches(d, {{"field.none", "null"}}) == 1u);
    BOOST_TEST(matches(d, {{"field.a.b", "dotted"}}) == 1u);
    BOOST_TEST(matches(d, {{"field.NoSuchKey", "zzz"}}) == 0u);
    BOOST_TEST(matches(d, {{"field.NoSuchKey", ""}}) == 0u);
    BOOST_TEST(faults(d, {{"field", "x"}}) == "field");
    domain::query most;
    for (int i = 0; i < 100; ++i) most.emplace_back(std::string("field.").append(std::to_string(i)), "x");
    BOOST_TEST(matches(d, most) == 0u);
    most.emplace_back("host", "PC1");
    BOOST_TEST(faults(d, most) == "host");
    BOOST_TEST(faults(d, {{"fieldX.y", "x"}}) == "fieldX.y");
}

BOOST_AUTO_TEST_CASE(a_search_asks_for_all_words_of_the_values) {
    domain d;
    d.ingest_lines(four);
    BOOST_TEST(matches(d, {{"q", "cmd.exe"}}) == 2u);
    BOOST_TEST(matches(d, {{"q", "Microsoft-Windows-Sysmon/Operational"}}) == 2u);
    BOOST_TEST(matches(d, {{"q", "PC1 4688"}}) == 1u);
    BOOST_TEST(matches(d, {{"q", "4688 pc1"}, {"q", "powershell"}}) == 2u);
    BOOST_TEST(matches(d, {{"q", "36028797018963969"}}) == 1u);
    BOOST_TEST(matches(d, {{"q", "Image"}}) == 0u);
    BOOST_TEST(matches(d, {{"q", "\"cmd\" AND NOT (exe)"}}) == 0u);
    BOOST_TEST(matches(d, {{"q", "cmd*"}}) == 2u);
    BOOST_TEST(faults(d, {{"q", ""}}) == "q");
    BOOST_TEST(faults(d, {{"q", "*\"()"}}) == "q");
    std::string long_query;
    for (int i = 0; i < 256; ++i) long_query.append("w").append(std::to_string(i)).append(" ");
    BOOST_TEST(matches(d, {{"q", long_query}}) == 0u);
    BOOST_TEST(faults(d, {{"q", long_query + "more"}}) == "q");
}

BOOST_AUTO_TEST_CASE(the_newest_come_first_and_pages_repeat_none) {
    domain d;
    std::string body;
    for (int i = 0; i < 200; ++i)
        body += R"({"ts":)" + std::to_string(1'600'000'000 + i / 10) + R"(,"n":)" + std::to_string(i) + "}\n";
    d.ingest_lines(body);
    BOOST_TEST(d.get("/events", {{"limit", "1"}}).text("/items/0/timestamp") == "2020-09-13T12:26:59.000000Z");
    for (const char* sort : {"timestamp", "-timestamp"}) {
        std::set<std::string> seen;
        std::string cursor, last;
        std::size_t total = 0;
        do {
            domain::query wanted = {{"sort", sort}, {"limit", "7"}};
            if (!cursor.empty()) wanted.emplace_back("cursor", cursor);
            const auto page = d.get("/events", wanted).json();
            for (const auto& item : page.at("items").as_array()) {
                const std::string key =
                    std::string(item.at("timestamp").as_string()) + std::string(item.at("id").as_string());
                BOOST_TEST((last.empty() || (sort[0] == '-' ? key < last : key > last)));
                last = key;
                seen.insert(key);
                ++total;
            }
            cursor = page.at("next").is_null() ? "" : std::string(page.at("next").as_string());
        } while (!cursor.empty());
        BOOST_TEST(total == 200u);
        BOOST_TEST(seen.size() == 200u);
    }
    BOOST_TEST(faults(d, {{"sort", "host"}}) == "sort");
}

BOOST_AUTO_TEST_CASE(a_repeated_ingest_with_its_key_adds_nothing_and_tells_the_same) {
    domain d;
    std::string body;
    for (int i = 0; i < 10'100; ++i) body += "{\"n\":" + std::to_string(i) + "}\n";
    const carrel::siem::idempotency key{"k", "POST /events"};
    const auto ids_of = [](const carrel::siem::event_intake& intake) {
        std::string json;
        intake.write_summary(json);
        return json;
    };
    const auto first = d.ingest(body, format::ndjson, 4096, key);
    const auto again = d.ingest(body, format::ndjson, 999, key);
    BOOST_TEST(ids_of(*first) == ids_of(*again));
    BOOST_TEST(first->summary().accepted == 10'100);
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 10'100);

    const auto longer = d.ingest(body + "{}\n", format::ndjson, 4096, key);
    BOOST_TEST(longer->summary().accepted == 10'000);
    BOOST_TEST((d.last_refusal && d.last_refusal->code == problem_code::invalid));
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 10'100);
}

BOOST_AUTO_TEST_CASE(a_request_cut_off_half_way_goes_on_where_it_stopped) {
    domain d;
    std::string body;
    for (int i = 0; i < 10'100; ++i) body += "{\"n\":" + std::to_string(i) + "}\n";
    const carrel::siem::idempotency key{"k", "POST /events"};
    carrel::siem::uuid_generator ids;
    carrel::siem::event_intake cut(
        format::ndjson, d.now, [&ids] { return ids.next(); }, key);
    cut.feed(body);
    const auto part = cut.take_part();
    BOOST_REQUIRE(part.has_value());
    carrel::siem::reply ignored;
    BOOST_TEST(d.write([&](carrel::write_session& session) { return store(session, *part, ignored); }).has_value());
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 10'000);
    const auto whole = d.ingest(body, format::ndjson, 4096, key);
    BOOST_TEST(whole->summary().accepted == 10'100);
    BOOST_TEST(whole->summary().first_id == text_of(part->first_id));
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 10'100);
}

BOOST_AUTO_TEST_CASE(a_part_whose_job_fails_leaves_nothing_to_search) {
    domain d;
    carrel::siem::uuid_generator ids;
    carrel::siem::event_intake intake(format::ndjson, d.now, [&ids] { return ids.next(); }, {});
    intake.feed("{\"a\":\"ghost\"}\n");
    intake.finish();
    const auto part = intake.take_part();
    BOOST_REQUIRE(part.has_value());
    carrel::siem::reply ignored;
    const auto stored = d.write([&](carrel::write_session& session) -> carrel::result<void> {
        if (auto done = store(session, *part, ignored); !done) return done.error();
        return session.execute("INSERT INTO event_segments(seq) VALUES (NULL)");
    });
    BOOST_TEST((stored.error() == carrel::sqlite_errc::constraint_not_null));
    BOOST_TEST(matches(d, {{"q", "ghost"}}) == 0u);
    BOOST_TEST(matches(d, {}) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
