// Inputs chosen against a hash without a secret: what they cost is compared with random ones of the same size.
#include "json/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <time.h>

#include <algorithm>
#include <functional>
#include <limits>

BOOST_AUTO_TEST_SUITE(collisions)

namespace {

double seconds_on_the_processor() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The shortest of some runs: what the work costs when nothing else happens.
double seconds_of(const std::function<void()>& work) {
    double best = std::numeric_limits<double>::max();
    for (int i = 0; i < 9; ++i) {
        const double begin = seconds_on_the_processor();
        work();
        best = std::min(best, seconds_on_the_processor() - begin);
    }
    return best;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_object_keeps_few_members_and_counts_the_rest) {
    std::string body = "{";
    for (int i = 0; i < 65'536; ++i) body += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":[{\"a\":{}}]";
    body += "}";
    carrel::json::reader read;
    carrel::json::parse_failure failure;
    const auto* value = read.parse(body, failure);
    BOOST_TEST_REQUIRE(value != nullptr);
    BOOST_TEST(value->as_object().size() == carrel::json::reader::members_max);
    BOOST_TEST(read.members_left_out() == 65'536 - carrel::json::reader::members_max);
    // The bound is that of each object; what follows one that is full is kept.
    value = read.parse("[" + body + R"(,{"k":[true,"text",{"b":1}]},7])", failure);
    BOOST_TEST_REQUIRE(value != nullptr);
    BOOST_TEST(value->at(0).as_object().size() == carrel::json::reader::members_max);
    BOOST_TEST(value->at(1).at("k").at(2).at("b").as_int64() == 1);
    BOOST_TEST(value->at(2).as_int64() == 7);
    BOOST_TEST_REQUIRE(read.parse("{\"a\":1}", failure) != nullptr);
    BOOST_TEST(read.members_left_out() == 0u);
}

BOOST_AUTO_TEST_CASE(keys_that_come_twice_are_found_in_linear_time) {
    const auto cost_of_keys = [](int count) {
        std::string body = "{";
        for (int i = 0; i < count; ++i) body += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
        body += "}";
        carrel::json::reader read;
        carrel::json::parse_failure failure;
        return seconds_of([&] { BOOST_TEST_REQUIRE(read.parse(body, failure) != nullptr); });
    };
    // Sixteen times as many; compared each with each: 256 times as much.
    BOOST_TEST(cost_of_keys(65'536) < 128 * cost_of_keys(4'096));
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_checked_all_the_same) {
    std::string full = "{";
    for (std::size_t i = 0; i < carrel::json::reader::members_max; ++i) full += "\"k" + std::to_string(i) + "\":1,";
    carrel::json::reader read;
    carrel::json::parse_failure failure;
    for (const char* rest :
         {"\"x\":\"text\"}", "\"x\":{\"y\":[1,null,{}]}}", "\"x\":[[],[1.5]],\"z\":18446744073709551615}"}) {
        const auto* value = read.parse(full + rest, failure);
        BOOST_TEST_REQUIRE(value != nullptr, rest);
        BOOST_TEST(value->as_object().size() == carrel::json::reader::members_max);
    }
    for (const char* rest : {"\"x\":tru}", "\"x\":{\"y\":1,\"y\":2}}", "\"k7\":2}", "\"x\":1,\"x\":2}"})
        BOOST_TEST(read.parse(full + rest, failure) == nullptr, rest);
    BOOST_TEST(failure.duplicate == "x");
}

BOOST_AUTO_TEST_SUITE_END()
