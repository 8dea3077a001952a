#include "siem/event_intake.hpp"
#include "segments/segment_texts.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::siem;
using carrel::siem::event_part;

BOOST_AUTO_TEST_SUITE(intake)

namespace {

using format = event_intake::format;

// What became of a body: the parts, each as its fields in a row, and the summary as a reply would give it.
struct outcome_of {
    std::vector<event_part> parts;
    std::vector<std::string> fields;
    intake_summary totals;
    std::optional<problem> broken;
    std::string json;

    std::string faulty_lines() const {
        std::string lines;
        for (const fault& each : totals.faults) (lines += lines.empty() ? "" : " ") += std::to_string(each.line);
        return lines;
    }
};

void append_texts(const carrel::segments::segment& of, std::vector<std::string>& into) {
    const auto events = static_cast<std::size_t>(of.events);
    auto texts = carrel::segments::segment_texts::open(of.data, events);
    BOOST_REQUIRE(texts.has_value());
    for (std::size_t i = 0; i < events; ++i) into.emplace_back(texts->text(i).value());
}

outcome_of feed(std::string_view body, format how, std::size_t step, std::optional<idempotency> key = {}) {
    std::uint64_t ids = 0;
    event_intake intake(
        how, 7,
        [&ids] {
            return uuid{0, ++ids};
        },
        std::move(key));
    outcome_of got;
    const auto take = [&] {
        while (auto part = intake.take_part()) {
            for (const auto& each : part->segments) append_texts(each, got.fields);
            intake.committed(*part, {part->events, text_of(part->first_id), text_of(part->last_id)});
            got.parts.push_back(std::move(*part));
        }
    };
    for (; !body.empty() && !got.broken; body.remove_prefix(std::min(step, body.size()))) {
        got.broken = intake.feed(body.substr(0, step));
        take();
    }
    if (!got.broken) got.broken = intake.finish();
    take();
    got.totals = intake.summary();
    intake.write_summary(got.json);
    return got;
}

std::string joined(const std::vector<std::string>& list) {
    std::string all;
    for (const std::string& each : list) all += each + "|";
    return all;
}

constexpr std::size_t steps[] = {1, 2, 3, 7, 1000};

std::string many_lines(std::size_t count) {
    std::string body;
    for (std::size_t i = 0; i < count; ++i) body += "{\"n\":" + std::to_string(i) + "}\n";
    return body;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_are_events_however_they_are_cut) {
    constexpr std::string_view body = "{\"a\":1}\r\n  {\"b\": [1, 2] }\t\n\n{broken\n[1]\n \n{\"c\":\"\\n\"}";
    for (const std::size_t step : steps) {
        const auto got = feed(body, format::ndjson, step);
        BOOST_TEST(joined(got.fields) == "{\"a\":1}|{\"b\": [1, 2] }|{\"c\":\"\\n\"}|");
        BOOST_TEST(got.faulty_lines() == "4 5");
        BOOST_TEST(got.totals.accepted == 3);
        BOOST_TEST(got.totals.rejected == 2);
        BOOST_TEST(got.parts.size() == 1u);
        BOOST_TEST(got.parts[0].last);
    }
}

BOOST_AUTO_TEST_CASE(blank_lines_count_for_nothing) {
    for (const char* body : {"{}", "{}\n", "{}\n\n", "\n \r\n{}", "{}\n\t\n"}) {
        const auto got = feed(body, format::ndjson, 1);
        BOOST_TEST(got.totals.accepted == 1);
        BOOST_TEST(got.totals.rejected == 0);
    }
    for (const char* body : {"", "\n", " \r\n \n"}) BOOST_TEST(feed(body, format::ndjson, 1).totals.rejected == 0);
    BOOST_TEST(feed("\n\nx\n", format::ndjson, 1).faulty_lines() == "3");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_not_part_of_the_text) {
    for (const std::size_t step : steps) {
        BOOST_TEST(joined(feed("\xEF\xBB\xBF{\"a\":1}\n{}", format::ndjson, step).fields) == "{\"a\":1}|{}|");
        BOOST_TEST(joined(feed("\xEF\xBB\xBF[{\"a\":1}]", format::json, step).fields) == "{\"a\":1}|");
        BOOST_TEST(feed("\xEF\xBB\xBF", format::ndjson, step).totals.rejected == 0);
        // Half a mark, or one elsewhere, is what it is: not JSON.
        BOOST_TEST(feed("\xEF\xBB{}", format::ndjson, step).faulty_lines() == "1");
        BOOST_TEST(feed("\xEF", format::ndjson, step).faulty_lines() == "1");
        BOOST_TEST(feed("{}\n\xEF\xBB\xBF{}", format::ndjson, step).faulty_lines() == "2");
        BOOST_TEST(feed("\xEF\xBB{}", format::json, step).broken.has_value());
    }
}

BOOST_AUTO_TEST_CASE(json_of_the_other_kind_is_refused_with_what_to_send) {
    for (const char* body : {"[\n  {\n    \"a\": 1\n  }\n]\n", "\n[\n{\"a\":1},\n{\"b\":2}\n]", "{\n \"a\": 1\n}",
                             "[{\"a\":1},\n{\"b\":2}]"})
        for (const std::size_t step : steps) {
            const auto got = feed(body, format::ndjson, step);
            BOOST_TEST_REQUIRE(got.broken.has_value());
            BOOST_TEST((got.broken->code == problem_code::bad_request));
            BOOST_TEST(got.broken->detail.find("application/json") != std::string::npos);
            BOOST_TEST(got.parts.empty());
        }
    for (const std::size_t step : steps) {
        const auto got = feed("{\"a\":1}\n{\"b\":2}\n", format::json, step);
        BOOST_TEST_REQUIRE(got.broken.has_value());
        BOOST_TEST((got.broken->code == problem_code::bad_request));
        BOOST_TEST(got.broken->detail.find("application/x-ndjson") != std::string::npos);
    }
    // A line alone that is broken is a rejected line, and so is an array on one line.
    BOOST_TEST(feed("{\"a\":\n{}\n", format::ndjson, 3).faulty_lines() == "1");
    BOOST_TEST(feed("[{}]\n{}\n", format::ndjson, 3).faulty_lines() == "1");
    BOOST_TEST(feed("{}\n{\n", format::ndjson, 3).faulty_lines() == "2");
}

BOOST_AUTO_TEST_CASE(a_part_is_bounded_by_bytes) {
    const std::string wide = "{\"a\":\"" + std::string(1'000'000, '-') + "\"}\n";
    std::string body;
    for (int i = 0; i < 10; ++i) body += wide;
    const idempotency key{"k", "f"};
    const auto got = feed(body, format::ndjson, 1 << 20, key), slow = feed(body, format::ndjson, 777'777, key);
    BOOST_TEST_REQUIRE(got.parts.size() == 3u);
    for (std::size_t i = 0; i < got.parts.size(); ++i) {
        BOOST_TEST(got.parts[i].bytes <= event_part_bytes_max);
        BOOST_TEST(got.parts[i].chain == slow.parts.at(i).chain);
        BOOST_TEST(got.parts[i].events == (i < 2 ? 4 : 2));
    }
    BOOST_TEST(got.parts[0].chain != got.parts[1].chain);
    // An event larger than a part is a part of its own.
    const std::string huge = "{\"a\":\"" + std::string(5'000'000, '-') + "\"}\n";
    BOOST_TEST(feed("{}\n" + huge + "{}\n", format::ndjson, 1 << 20).parts.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_summary_gives_what_was_committed) {
    BOOST_TEST(
        feed("{}\nx\n{}", format::ndjson, 4).json ==
        R"({"accepted":2,"rejected":1,"errors":[{"line":2,"detail":"is broken JSON at byte 1"}],)"
        R"("first_id":"00000000-0000-0000-0000-000000000001","last_id":"00000000-0000-0000-0000-000000000002","untimed":0,"duplicates":0})");
    BOOST_TEST(feed("", format::ndjson, 4).json ==
               R"({"accepted":0,"rejected":0,"errors":[],"first_id":null,"last_id":null,"untimed":0,"duplicates":0})");
}

BOOST_AUTO_TEST_CASE(only_the_first_hundred_faults_are_listed) {
    std::string body;
    for (int i = 0; i < 150; ++i) body += "x\n";
    const auto got = feed(body, format::ndjson, 64);
    BOOST_TEST(got.totals.rejected == 150);
    BOOST_TEST(got.totals.faults.size() == 100u);
    BOOST_TEST(got.totals.faults.back().line == 100);
}

BOOST_AUTO_TEST_CASE(an_array_holds_events_however_it_is_cut) {
    constexpr std::string_view body = " [ {\"a\":\"]},\\\"\"} ,{\"b\":{\"c\":[{}]}}, 12 ,\"x,]\",null,[{}],{} ] \n";
    for (const std::size_t step : steps) {
        const auto got = feed(body, format::json, step);
        BOOST_TEST(!got.broken.has_value());
        BOOST_TEST(joined(got.fields) == "{\"a\":\"]},\\\"\"}|{\"b\":{\"c\":[{}]}}|{}|");
        BOOST_TEST(got.faulty_lines() == "3 4 5 6");
    }
    BOOST_TEST(feed("[]", format::json, 1).totals.accepted == 0);
    BOOST_TEST(!feed(" [ ] ", format::json, 1).broken.has_value());
}

BOOST_AUTO_TEST_CASE(one_object_is_one_event) {
    for (const std::size_t step : steps) {
        const auto got = feed(" {\n\"a\" : 1 }\n", format::json, step);
        BOOST_TEST(joined(got.fields) == "{\n\"a\" : 1 }|");
        const auto number = feed("42", format::json, step);
        BOOST_TEST(!number.broken.has_value());
        BOOST_TEST(number.faulty_lines() == "1");
    }
}

BOOST_AUTO_TEST_CASE(broken_json_ends_the_request) {
    for (const char* body : {"", " ", "[", "[{}", "[{},", "[{},]", "[,{}]", "[{} {}]", "{} {}", "{}]", "{\"a\":1",
                             "{\"a\":tru}", "[{}]x", "}", "[{\"a\":\"\xff\"}]", "{]", "[nul]"})
        for (const std::size_t step : steps) {
            const auto got = feed(body, format::json, step);
            BOOST_TEST((got.broken && got.broken->code == problem_code::bad_request), body << " by " << step);
            BOOST_TEST(got.parts.empty());
        }
}

BOOST_AUTO_TEST_CASE(an_array_too_deep_is_one_rejected_element) {
    const std::string deep = "{\"a\":" + std::string(300, '[') + std::string(300, ']') + "}";
    const auto got = feed("[{}," + deep + ",{}]", format::json, 64);
    BOOST_TEST(!got.broken.has_value());
    BOOST_TEST(got.totals.accepted == 2);
    BOOST_TEST(got.faulty_lines() == "2");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_rejected_and_not_kept) {
    const std::string longest(16u << 20, ' ');
    for (const format how : {format::ndjson, format::json}) {
        const std::string open = how == format::json ? "[{}," : "{}\n", close = how == format::json ? ",{}]" : "\n{}";
        event_intake intake(how, 0, [] { return uuid(); }, {});
        BOOST_TEST(!intake.feed(open + "{\"a\":\"").has_value());
        for (int i = 0; i < 3; ++i) BOOST_TEST(!intake.feed(longest).has_value());
        BOOST_TEST(intake.bytes_held() < 17u << 20);
        BOOST_TEST(!intake.feed("\"}" + close).has_value());
        BOOST_TEST(!intake.finish().has_value());
        BOOST_TEST(intake.summary().rejected == 1);
        BOOST_TEST(intake.summary().faults.at(0).line == 2);
        BOOST_TEST(intake.take_part()->events == 2);
    }
}

BOOST_AUTO_TEST_CASE(a_request_is_cut_only_when_it_is_longer_than_a_part) {
    const auto whole = feed(many_lines(10'000) + "x\n\n", format::ndjson, 4096);
    BOOST_REQUIRE(whole.parts.size() == 1u);
    BOOST_TEST(whole.parts[0].events == 10'000);
    BOOST_TEST(whole.parts[0].last);

    const auto cut = feed(many_lines(20'001), format::ndjson, 4096);
    BOOST_REQUIRE(cut.parts.size() == 3u);
    for (std::uint32_t i = 0; i < 3; ++i) {
        BOOST_TEST(cut.parts[i].number == i);
        BOOST_TEST(cut.parts[i].last == (i == 2));
        BOOST_TEST(cut.parts[i].received_at == 7);
    }
    BOOST_TEST(cut.parts[2].events == 1);
    BOOST_TEST(cut.fields.back() == "{\"n\":20000}");
    BOOST_TEST(cut.totals.accepted == 20'001);
    BOOST_TEST(cut.totals.first_id == text_of(uuid{0, 1}));
    BOOST_TEST(cut.totals.last_id == text_of(uuid{0, 20'001}));
}

BOOST_AUTO_TEST_CASE(the_chain_depends_on_the_bytes_not_on_how_they_came) {
    const std::string body = many_lines(10'500);
    const idempotency key{"k", "f"};
    const auto one = feed(body, format::ndjson, 1 << 20, key);
    const auto other = feed(body, format::ndjson, 333, key);
    BOOST_REQUIRE(one.parts.size() == 2u);
    BOOST_TEST(one.parts[0].chain.size() == 64u);
    BOOST_TEST(one.parts[0].chain == other.parts[0].chain);
    BOOST_TEST(one.parts[1].chain == other.parts[1].chain);
    BOOST_TEST(one.parts[0].chain != one.parts[1].chain);

    std::string changed = body;
    changed[changed.size() - 3] = '0';
    const auto later = feed(changed, format::ndjson, 4096, key);
    BOOST_TEST(later.parts[0].chain == one.parts[0].chain);
    BOOST_TEST(later.parts[1].chain != one.parts[1].chain);
    BOOST_TEST(feed(body, format::ndjson, 4096).parts[0].chain.empty());

    std::string array = "[";
    for (int i = 0; i < 10'001; ++i) array += (i == 0 ? "" : " , ") + std::string("{\"n\":1}");
    array += "]";
    const auto slow = feed(array, format::json, 5, key), fast = feed(array, format::json, 1 << 20, key);
    BOOST_REQUIRE(slow.parts.size() == 2u);
    BOOST_TEST(slow.parts[0].chain == fast.parts[0].chain);
    BOOST_TEST(slow.parts[1].chain == fast.parts[1].chain);
}

BOOST_AUTO_TEST_CASE(what_is_held_is_let_go_with_the_parts) {
    event_intake intake(format::ndjson, 0, [] { return uuid(); }, {});
    intake.feed(many_lines(10'001));
    BOOST_TEST(intake.bytes_held() > 100'000u);
    const auto part = intake.take_part();
    BOOST_REQUIRE(part.has_value());
    BOOST_TEST(part->bytes > 100'000u);
    BOOST_TEST(intake.bytes_held() < 1000u);
    BOOST_TEST(!intake.take_part().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
