#include "siem/value_counts.hpp"
#include "siem/number_sample.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>

// What counts and sums up in bounded memory.
namespace carrel::testing {

using namespace carrel::siem;

BOOST_AUTO_TEST_SUITE(summing_up)

BOOST_AUTO_TEST_CASE(counts_are_exact_while_the_values_fit) {
    value_counts counts(3, 100);
    for (const std::string_view value : {"b", "a", "b", "", "b"}) counts.add(value);
    const auto most = counts.most_frequent(2);
    BOOST_TEST(most.size() == 2u);
    BOOST_TEST(most[0].value == "b");
    BOOST_TEST(most[0].count == 3);
    BOOST_TEST(most[1].value == "");  // of equal counts the first in order
    BOOST_TEST(counts.error() == 0);
    BOOST_TEST(counts.in_order("", 5).front().value == "");
    BOOST_TEST(counts.in_order("a", 5).front().value == "b");
}

BOOST_AUTO_TEST_CASE(beyond_that_no_count_is_too_high_and_none_lower_than_the_error_says) {
    std::mt19937 random(7);
    for (const auto& [values, bytes] : {std::pair{50u, 1u << 20}, std::pair{1u << 20, 200u}}) {
        value_counts counts(values, bytes);
        std::map<std::string, std::int64_t> exact;
        for (int i = 0; i < 20'000; ++i) {
            // Some values are frequent, most are not.
            const std::string value = "v" + std::to_string(random() % (1 + random() % 2'000));
            ++exact[value];
            counts.add(value);
        }
        BOOST_TEST(counts.error() > 0);
        BOOST_TEST(counts.size() <= values);
        std::map<std::string, std::int64_t> kept;
        for (const auto& [value, count] : counts.in_order("", exact.size())) kept[std::string(value)] = count;
        BOOST_TEST(!kept.empty());
        for (const auto& [value, count] : exact) {
            BOOST_TEST(kept[value] <= count);
            BOOST_TEST(kept[value] + counts.error() >= count);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_value_longer_than_all_that_may_be_kept_ends_nothing) {
    value_counts counts(10, 16);
    counts.add(std::string(100, 'x'));
    counts.add("y");
    BOOST_TEST(counts.size() <= 1u);
}

BOOST_AUTO_TEST_CASE(integers_of_64_bits_are_exact) {
    number_sample numbers;
    for (const std::string_view text : {"9007199254740993", "-9223372036854775808", "18446744073709551615"})
        numbers.add(*number_sample::parse(text));
    BOOST_TEST(number_sample::written(numbers.least()) == "-9223372036854775808");
    BOOST_TEST(number_sample::written(numbers.percentile(50)) == "9007199254740993");
    BOOST_TEST(number_sample::written(numbers.greatest()) == "18446744073709551615");
    for (const std::string_view text : {"", "x", "1x", "0x10", "inf", "nan", "1e400", "-1e400", " 1"})
        BOOST_TEST(!number_sample::parse(text).has_value(), text);
    BOOST_TEST(number_sample::written(*number_sample::parse("0.1")) == "0.1");
    BOOST_TEST(number_sample::written(*number_sample::parse("+1e3")) == "1000");
}

BOOST_AUTO_TEST_CASE(of_too_many_numbers_a_sample_is_kept) {
    number_sample numbers;
    const int count = static_cast<int>(number_sample::kept_max) * 2;
    for (int i = 0; i < count; ++i) numbers.add(i);
    BOOST_TEST(numbers.is_sampled());
    BOOST_TEST(numbers.count() == static_cast<std::uint64_t>(count));
    BOOST_TEST(static_cast<int>(numbers.least()) == 0);
    BOOST_TEST(static_cast<int>(numbers.greatest()) == count - 1);
    for (const int percent : {10, 50, 90}) {
        const auto exact = count / 100.0 * percent;
        BOOST_TEST(std::abs(static_cast<double>(numbers.percentile(percent)) - exact) < count * 0.005);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
