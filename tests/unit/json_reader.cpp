#include "json/reader.hpp"
#include "support/sanitized.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>

using carrel::json::parse_failure;
using carrel::json::reader;

BOOST_AUTO_TEST_SUITE(json_reader)

namespace {
std::string duplicate_in(std::string_view text) {
    reader read;
    parse_failure failure;
    BOOST_TEST(read.parse(text, failure) == nullptr);
    return failure.duplicate;
}
}  // namespace

namespace {
std::size_t resident_kib() {
    std::ifstream statm("/proc/self/statm");
    std::size_t pages = 0;
    statm >> pages >> pages;
    return pages * 4;
}
}  // namespace

BOOST_AUTO_TEST_CASE(one_reader_reads_many_bodies) {
    reader read;
    parse_failure failure;
    for (int i = 0; i < 100; ++i) {
        const std::string text = R"({"n":)" + std::to_string(i) + R"(,"list":["a",null,true,0.5],"text":")" +
                                 std::string(i * 50u, 'x') + "\"}";
        const auto* value = read.parse(text, failure);
        BOOST_REQUIRE(value != nullptr);
        BOOST_TEST(value->at("n").as_int64() == i);
        BOOST_TEST(value->at("text").as_string().size() == i * 50u);
        BOOST_TEST(read.parse(R"({"broken":[)", failure) == nullptr);
    }
}

BOOST_AUTO_TEST_CASE(integers_keep_64_bits) {
    reader read;
    parse_failure failure;
    const auto* value = read.parse("[9223372036854775807,-9223372036854775808,36028797018963969]", failure);
    BOOST_REQUIRE(value != nullptr);
    BOOST_TEST(boost::json::serialize(*value) == "[9223372036854775807,-9223372036854775808,36028797018963969]");
}

BOOST_AUTO_TEST_CASE(a_key_that_comes_twice_is_named_at_any_depth) {
    BOOST_TEST(duplicate_in(R"({"a":1,"b":2,"a":3})") == "a");
    BOOST_TEST(duplicate_in(R"([{"x":{"deep":1,"y":{},"deep":2}}])") == "deep");
    BOOST_TEST(duplicate_in(R"({"key":1,"\u006bey":2})") == "key");
    BOOST_TEST(duplicate_in(R"({"":1,"":2})") == "");
    std::string many = "{\"first\":0";
    for (int i = 0; i < 20'000; ++i) many += ",\"key" + std::to_string(i) + "\":0";
    BOOST_TEST(duplicate_in(many + ",\"first\":0}") == "first");
}

BOOST_AUTO_TEST_CASE(the_same_key_in_two_objects_is_fine) {
    reader read;
    parse_failure failure;
    BOOST_TEST(read.parse(R"({"a":{"a":1},"b":{"a":1},"c":[{"a":1},{"a":2}]})", failure) != nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_no_json_is_refused) {
    reader read;
    for (const char* text : {"",
                             " ",
                             "{",
                             "}",
                             "{]",
                             "[1,]",
                             "{\"a\"}",
                             "{\"a\":1,}",
                             "nul",
                             "01",
                             "+1",
                             "1 2",
                             "{} x",
                             "'a'",
                             "\"\x01\"",
                             "\"\\x\"",
                             "\"\\ud800\"",
                             "\"\xff\"",
                             "\"\xc0\x80\"",
                             "\"\xed\xa0\x80\"",
                             "// no\n1",
                             "[1] ]"}) {
        parse_failure failure;
        BOOST_TEST(read.parse(text, failure) == nullptr, text);
        BOOST_TEST(!failure.detail.empty(), text);
    }
}

BOOST_AUTO_TEST_CASE(nesting_has_a_bound) {
    reader read;
    parse_failure failure;
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    BOOST_TEST(read.parse(nested(reader::depth_max), failure) != nullptr);
    BOOST_TEST(read.parse(nested(reader::depth_max + 1), failure) == nullptr);
    BOOST_TEST(read.parse(std::string(1'000'000, '['), failure) == nullptr);
}

// A body of 12 KB needs more than the first block of the arena. The size of the next block used to stay doubled: after
// some 50 of them no memory was large enough.
BOOST_AUTO_TEST_CASE(a_hundred_thousand_bodies_are_read_in_the_room_of_one) {
#ifdef CARREL_SANITIZED
    // A sanitizer keeps what was freed for a while, and is slow.
    constexpr int bodies = 2'000;
    constexpr std::size_t growth_max_kib = 1'024 * 1'024;
#else
    constexpr int bodies = 100'000;
    constexpr std::size_t growth_max_kib = 16 * 1'024;
#endif
    std::string body = R"({"event_ids":[)";
    for (int i = 0; i < 300; ++i) body += (i == 0 ? "\"" : ",\"") + std::string(36, 'a') + "\"";
    body += "]}";
    reader read;
    parse_failure failure;
    std::size_t peak_of_first = 0;
    for (int i = 0; i < bodies; ++i) {
        BOOST_TEST_REQUIRE(read.parse(body, failure) != nullptr);
        if (i == 0) peak_of_first = resident_kib();
    }
    BOOST_TEST(resident_kib() < peak_of_first + growth_max_kib);
}

BOOST_AUTO_TEST_SUITE_END()
