#include "siem/event_intake.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

// Wrapped arrays, and the identity of events.
namespace carrel::testing {

namespace {

struct unwrapped {
    std::int64_t events = 0, rejected = 0;
    std::string faults;  // `line detail|…`
    std::string broken;
    std::vector<std::string> texts;
    std::size_t held_max = 0;
};

unwrapped unwrap(std::string_view body, const std::string& path, bool is_lines, std::size_t step) {
    auto cut = siem::make_unwrapped_body(path, is_lines);
    unwrapped got;
    siem::body_item item;
    const auto note = [&](siem::event_body::step found) {
        if (found == siem::event_body::step::broken) got.broken = cut->why();
        if (found != siem::event_body::step::item) return false;
        if (!item.fault.empty()) got.faults += std::to_string(item.number) + " " + std::string(item.fault) + "|";
        else got.texts.emplace_back(item.text);
        return true;
    };
    for (; !body.empty() && got.broken.empty(); body.remove_prefix(std::min(step, body.size()))) {
        auto bytes = body.substr(0, step);
        while (note(cut->next(bytes, item))) {
        }
        got.held_max = std::max(got.held_max, cut->bytes_held());
    }
    while (got.broken.empty() && note(cut->finish(item))) {
    }
    return got;
}

std::string joined(const std::vector<std::string>& list) {
    std::string all;
    for (const std::string& each : list) all += each + "|";
    return all;
}

constexpr std::size_t steps[] = {1, 2, 3, 7, 1000};

siem::intake_summary ingest_by(domain& d, std::string_view body, const std::string& path) {
    siem::uuid_generator ids;
    siem::event_intake intake(siem::make_line_body(), {d.now, {}, path, {}}, [&ids] { return ids.next(); });
    intake.feed(body);
    intake.finish();
    while (auto part = intake.take_part()) {
        siem::reply ignored;
        const auto stored = d.write([&](write_session& session) { return siem::store(session, *part, ignored); });
        intake.committed(*part, stored.value());
    }
    return intake.summary();
}

std::int64_t count(domain& d) { return d.get("/events/count").at("/count").as_int64(); }

std::string numbered(int from, int to) {
    std::string lines;
    for (int i = from; i < to; ++i)
        lines += "{\"id\":\"e" + std::to_string(i) + "\",\"host\":\"h" + std::to_string(i) + "\"}\n";
    return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wrapped)

BOOST_AUTO_TEST_CASE(elements_of_an_array_are_events_however_they_are_cut) {
    constexpr std::string_view body =
        "{\"a\":{\"Records\":[9]},\"s\":\"\\\"]}\",\"Records\": [ {\"x\":[1,{}]} ,\n{\"y\":\"]\"}], \"tail\":[[]]}\n";
    for (const std::size_t step : steps) {
        const auto got = unwrap(body, "Records", false, step);
        BOOST_TEST(joined(got.texts) == "{\"x\":[1,{}]}|{\"y\":\"]\"}|");
        BOOST_TEST(got.broken == "");
        BOOST_TEST(got.faults == "");
    }
}

BOOST_AUTO_TEST_CASE(a_path_leads_through_objects) {
    for (const std::size_t step : steps) {
        BOOST_TEST(joined(unwrap(R"({"a":{"z":1,"\u0062":[1,2]},"b":[3]})", "a.b", false, step).texts) == "1|2|");
        BOOST_TEST(joined(unwrap(R"({"a":[],"b":{}})", "a", false, step).texts) == "");
        BOOST_TEST(joined(unwrap(R"({"a":[1],"a":[2]})", "a", false, step).texts) == "1|2|");
    }
}

BOOST_AUTO_TEST_CASE(a_line_without_the_array_is_at_fault_and_the_rest_goes_on) {
    constexpr std::string_view body =
        "{\"R\":[{\"n\":1}]}\n{}\n\n{\"R\":5}\n[1]\n{\"R\":[{\"n\":2},\n{\"R\":[{\"n\":3}]} x\n{\"R\":[{\"n\":4}]}";
    for (const std::size_t step : steps) {
        const auto got = unwrap(body, "R", true, step);
        BOOST_TEST(joined(got.texts) == "{\"n\":1}|{\"n\":2}|{\"n\":3}|{\"n\":4}|");
        BOOST_TEST(got.faults ==
                   "2 has no array `R`|4 has no array `R`|5 is broken JSON|6 is broken JSON|7 is broken JSON|");
    }
}

BOOST_AUTO_TEST_CASE(a_document_that_is_cut_or_broken_ends_the_body) {
    for (const std::size_t step : steps) {
        for (const std::string_view bad :
             {"", "{", "{\"R\"", "{\"R\":[", "{\"R\":[{}", "{\"R\":[{}]", "{\"R\":[{}],", "[1]", "{\"R\":[{}]}x",
              "{\"R\":[{} {}]}", "{\"R\":[{}]]", "{\"a\":}", "{\"a\"1}", "{a:1}", "{\"R\":[{}],}"})
            BOOST_TEST(!unwrap(bad, "R", false, step).broken.empty(), bad);
        BOOST_TEST(unwrap("{}", "R", false, step).faults == "1 has no array `R`|");
    }
}

BOOST_AUTO_TEST_CASE(a_huge_document_is_not_held) {
    std::string body = "{\"Records\":[";
    for (int i = 0; i < 100'000; ++i) body += (i == 0 ? "" : ",") + std::string("{\"eventName\":\"RunInstances\"}");
    body += "]}";
    const auto got = unwrap(body, "Records", false, 16 << 10);
    BOOST_TEST(got.texts.size() == 100'000u);
    BOOST_TEST(got.held_max < 100u);
}

BOOST_AUTO_TEST_CASE(an_element_that_is_too_long_is_refused_alone) {
    const std::string body = "{\"R\":[{\"a\":\"" + std::string(17u << 20, 'x') + "\"},{\"n\":1}]}";
    const auto got = unwrap(body, "R", false, 1 << 20);
    BOOST_TEST(got.faults == "1 is longer than 16 MiB|");
    BOOST_TEST(joined(got.texts) == "{\"n\":1}|");
    BOOST_TEST(got.held_max <= 16u << 20);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(identities)

BOOST_AUTO_TEST_CASE(an_event_that_comes_again_is_not_stored_again) {
    domain d;
    const auto first = ingest_by(d, numbered(0, 3'000), "id");
    BOOST_TEST(first.accepted == 3'000);
    BOOST_TEST(first.duplicates == 0);
    const auto again = ingest_by(d, numbered(0, 3'000), "id");
    BOOST_TEST(again.accepted == 0);
    BOOST_TEST(again.duplicates == 3'000);
    BOOST_TEST(again.first_id == "");
    BOOST_TEST(count(d) == 3'000);
    const auto half = ingest_by(d, numbered(2'500, 4'000), "id");
    BOOST_TEST(half.accepted == 1'000);
    BOOST_TEST(half.duplicates == 500);
    BOOST_TEST(half.untimed == 1'000);
    BOOST_TEST(count(d) == 4'000);
    BOOST_TEST(d.get("/events/count", {{"q", "host:h3999"}}).at("/count").as_int64() == 1);
    BOOST_TEST(d.get("/events/count", {{"host", "h2600"}}).at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_part_reads_as_it_came) {
    domain d;
    ingest_by(d, "{\"id\":2}\n", "id");
    const std::string kept = R"({ "id":1,  "n":36028797018963968,"host":"kept","u":"\u00e4" })";
    const auto got = ingest_by(d, "{\"id\":2}\n" + kept + "\n{\"id\":1}\n", "id");
    BOOST_TEST(got.accepted == 1);
    BOOST_TEST(got.duplicates == 2);
    BOOST_TEST(got.first_id == got.last_id);
    const auto event = d.get("/events/" + got.first_id);
    BOOST_TEST(event.reply.body.find("\"fields\":" + kept) != std::string::npos);
    BOOST_TEST(event.text("/host") == "kept");
    BOOST_TEST((got.duplicate_events == std::vector<std::int64_t>{0, 2}));
}

BOOST_AUTO_TEST_CASE(a_string_and_a_number_may_be_an_identity_and_nothing_else) {
    domain d;
    const auto got = ingest_by(
        d,
        "{\"a\":{\"id\":\"x\"}}\n{\"a.id\":7}\n{\"a\":{\"id\":null}}\n{\"a\":{\"id\":[1]}}\n{}\n"
        "{\"a\":{\"id\":\"\"}}\n{\"a\":{\"id\":true}}\n{\"a.id\":36028797018963969}\n{\"a.id\":36028797018963968}\n",
        "a.id");
    BOOST_TEST(got.accepted == 4);
    BOOST_TEST(got.rejected == 5);
    BOOST_TEST(got.faults.at(0).line == 3);
    BOOST_TEST(got.faults.at(0).detail == "has no string or number `a.id`");
}

BOOST_AUTO_TEST_CASE(identities_are_removed_once_no_event_of_their_time_is_kept) {
    domain d;
    d.now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();  // as that of the ids
    constexpr siem::timestamp day = siem::timestamp{24} * 3600 * 1'000'000;
    ingest_by(d, numbered(0, 10), "id");
    const auto remove_old = [&](siem::timestamp now, std::int64_t most) {
        const auto done = d.write([&](write_session& session) -> result<bool> {
            auto before = siem::old_identities(session, now);
            if (!before || !*before) return false;
            if (auto removed = siem::remove_identities(session, **before, most); !removed) return removed.error();
            return true;
        });
        BOOST_REQUIRE(done.has_value());
        return *done;
    };
    BOOST_TEST(!remove_old(d.now + 10 * day, 100));
    BOOST_TEST(ingest_by(d, numbered(0, 10), "id").duplicates == 10);
    BOOST_TEST(d.write([](write_session& session) -> result<void> {
                    auto done = session.execute("DELETE FROM event_segments WHERE true");
                    if (done) done = session.execute("DELETE FROM segment_summaries WHERE true");
                    return done ? session.execute("DELETE FROM segment_positions WHERE true") : done;
                }).has_value());
    BOOST_TEST(!remove_old(d.now + day, 4));
    BOOST_TEST(ingest_by(d, numbered(0, 10), "id").duplicates == 10);
    BOOST_TEST(remove_old(d.now + 2 * day, 4));
    BOOST_TEST(ingest_by(d, numbered(0, 10), "id").accepted == 4);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_keeps_no_identity) {
    domain d;
    siem::uuid_generator ids;
    siem::event_intake intake(siem::make_line_body(), {d.now, {}, "id", {}}, [&ids] { return ids.next(); });
    intake.feed(numbered(0, 5));
    intake.finish();
    const auto part = intake.take_part();
    siem::reply ignored;
    const auto stored = d.write([&](write_session& session) -> result<void> {
        if (auto done = siem::store(session, *part, ignored); !done) return done.error();
        return session.execute("INSERT INTO event_segments(seq) VALUES (NULL)");
    });
    BOOST_TEST(!stored.has_value());
    BOOST_TEST(ingest_by(d, numbered(0, 5), "id").accepted == 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
