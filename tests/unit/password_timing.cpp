#include "access/password_hash.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

using namespace carrel::access;

namespace {

constexpr int rounds = 15;

// The thread's own time: what other programs take of the processor does not count.
double cpu_seconds(const std::function<void()>& work) {
    const auto now = [] {
        timespec at{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
        return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
    };
    const double begin = now();
    work();
    return now() - begin;
}

double median(std::vector<double> samples) {
    std::nth_element(samples.begin(), samples.begin() + rounds / 2, samples.end());
    return samples[rounds / 2];
}

/// How many times as long as a wrong password of a known user it takes. Both take turns, so what slows the machine slows both.
double ratio_to_known(const std::function<void()>& other) {
    static const auto hash = hash_password("the right one").value();
    std::vector<double> known, unknown;
    for (int i = 0; i < rounds; ++i) {
        known.push_back(cpu_seconds([] { is_password(hash, "a wrong one"); }));
        unknown.push_back(cpu_seconds(other));
    }
    return median(unknown) / median(known);
}

bool looks_the_same(double ratio) { return ratio > 0.8 && ratio < 1.25; }

}  // namespace

BOOST_AUTO_TEST_SUITE(password_timing)

BOOST_AUTO_TEST_CASE(an_unknown_user_takes_as_long_as_a_known_one) {
    const double ratio = ratio_to_known([] { spend_like_a_check("a wrong one"); });
    BOOST_TEST(looks_the_same(ratio), ratio);
}

BOOST_AUTO_TEST_CASE(a_user_without_a_password_takes_as_long) {
    const double ratio = ratio_to_known([] { is_password("", "a wrong one"); });
    BOOST_TEST(looks_the_same(ratio), ratio);
}

BOOST_AUTO_TEST_CASE(a_text_that_can_be_no_password_takes_as_long) {
    static const auto hash = hash_password("the right one").value();
    const double ratio = ratio_to_known([] { is_password(hash, "\xff"); });
    BOOST_TEST(looks_the_same(ratio), ratio);
}

// The measure itself: it must see a check that returns at once, and one at half the cost.
BOOST_AUTO_TEST_CASE(the_measure_notices_a_check_that_is_shorter) {
    const double at_once = ratio_to_known([] {});
    BOOST_TEST(!looks_the_same(at_once), at_once);
    const double half = ratio_to_known([] { spend_like_a_check("a wrong one", {1, hash_cost{}.bytes}); });
    BOOST_TEST(!looks_the_same(half), half);
}

BOOST_AUTO_TEST_SUITE_END()
