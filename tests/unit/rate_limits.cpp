#include "access/token_bucket.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using carrel::access::rate_limiter;
using namespace std::chrono_literals;

namespace {

using time_point = rate_limiter::clock::time_point;
constexpr time_point start{1000h};

int taken_at(rate_limiter& limiter, std::uint64_t key, time_point now, int at_most = 1000) {
    int taken = 0;
    while (taken < at_most && !limiter.take(key, now)) ++taken;
    return taken;
}

std::int64_t wait_of(rate_limiter& limiter, std::uint64_t key, time_point now, double cost = 1) {
    return limiter.take(key, now, cost).value_or(0s).count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limits)

BOOST_AUTO_TEST_CASE(a_burst_is_let_through_and_then_the_rate) {
    rate_limiter limiter(2, 10, 100);
    BOOST_TEST(taken_at(limiter, 7, start) == 10);
    BOOST_TEST(taken_at(limiter, 7, start + 499ms) == 0);
    BOOST_TEST(taken_at(limiter, 7, start + 500ms) == 1);
    BOOST_TEST(taken_at(limiter, 7, start + 2s) == 3);
    BOOST_TEST(taken_at(limiter, 7, start + 1h) == 10, "a bucket holds no more than the burst");
}

BOOST_AUTO_TEST_CASE(each_key_has_a_bucket_of_its_own) {
    rate_limiter limiter(1, 3, 100);
    BOOST_TEST(taken_at(limiter, 1, start) == 3);
    BOOST_TEST(taken_at(limiter, 2, start) == 3);
    BOOST_TEST(taken_at(limiter, 0, start) == 3);
    BOOST_TEST(!limiter.take("anna", start));
    BOOST_TEST(!limiter.take("anna", start));
    BOOST_TEST(!limiter.take("anna", start));
    BOOST_TEST(limiter.take("anna", start).has_value());
    BOOST_TEST(!limiter.take("berta", start));
    BOOST_TEST(!limiter.take("", start));
}

BOOST_AUTO_TEST_CASE(it_says_how_long_to_wait_and_the_wait_is_enough) {
    rate_limiter limiter(0.25, 2, 100);
    BOOST_TEST(taken_at(limiter, 7, start) == 2);
    BOOST_TEST(wait_of(limiter, 7, start) == 4);
    BOOST_TEST(wait_of(limiter, 7, start + 1ns) == 4);
    BOOST_TEST(wait_of(limiter, 7, start + 3s) == 1);
    BOOST_TEST(wait_of(limiter, 7, start + 3999ms) == 1, "no wait is shorter than a second");
    BOOST_TEST(wait_of(limiter, 7, start + 4s) == 0);
    rate_limiter fast(1000, 1, 100);
    BOOST_TEST(taken_at(fast, 7, start) == 1);
    BOOST_TEST(wait_of(fast, 7, start) == 1);
    BOOST_TEST(wait_of(fast, 7, start + 1s) == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_takes_nothing) {
    rate_limiter limiter(1, 1, 100);
    BOOST_TEST(taken_at(limiter, 7, start) == 1);
    for (int i = 0; i < 1000; ++i) BOOST_TEST(limiter.take(7, start + 500ms).has_value());
    BOOST_TEST(!limiter.take(7, start + 1s));
}

BOOST_AUTO_TEST_CASE(dear_requests_take_more) {
    rate_limiter limiter(1, 10, 100);
    BOOST_TEST(wait_of(limiter, 7, start, 8) == 0);
    BOOST_TEST(wait_of(limiter, 7, start, 3) == 1);
    BOOST_TEST(wait_of(limiter, 7, start, 2) == 0);
    BOOST_TEST(wait_of(limiter, 7, start, 0) == 0);
    BOOST_TEST(wait_of(limiter, 7, start, 1e300) == 10, "more than the burst is the burst");
    BOOST_TEST(wait_of(limiter, 7, start + 10s, 1e300) == 0);
    BOOST_TEST(wait_of(limiter, 8, start, -5) == 0);
    BOOST_TEST(taken_at(limiter, 8, start) == 10, "a cost below zero gives nothing back");
}

BOOST_AUTO_TEST_CASE(a_rate_of_zero_limits_nothing) {
    for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
        rate_limiter limiter(rate, 1, 100);
        BOOST_TEST(limiter.is_off());
        BOOST_TEST(taken_at(limiter, 7, start) == 1000);
    }
}

BOOST_AUTO_TEST_CASE(odd_limits_do_no_harm) {
    for (const double rate : {1e-300, 1e-9, 1e9, 1e300, std::numeric_limits<double>::infinity()})
        for (const double burst : {-1.0, 0.0, 1.0, 1e300}) {
            rate_limiter limiter(rate, burst, 0);
            BOOST_TEST(!limiter.take(7, start), rate);
            const auto wait = limiter.take(7, start);
            if (wait) BOOST_TEST((wait->count() >= 1 && *wait <= 24h * 366 * 4));
        }
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_gives_nothing) {
    rate_limiter limiter(1, 5, 100);
    BOOST_TEST(taken_at(limiter, 7, start) == 5);
    BOOST_TEST(taken_at(limiter, 7, start - 10s) == 0);
    BOOST_TEST(taken_at(limiter, 7, start + 1s) == 1);
}

// A million addresses, each of which takes a little, and one client that has taken all it may.
BOOST_AUTO_TEST_CASE(many_addresses_do_not_free_one_that_has_to_wait) {
    rate_limiter limiter(0.1, 20, 1024);
    BOOST_TEST(taken_at(limiter, 7, start) == 20);
    for (std::uint64_t key = 1000; key < 1'001'000; ++key) limiter.take(key, start);
    BOOST_TEST(limiter.take(7, start + 9s).has_value());
    BOOST_TEST(!limiter.take(7, start + 10s));
}

BOOST_AUTO_TEST_CASE(as_many_keys_as_promised_are_remembered) {
    rate_limiter limiter(0.1, 1, 4096);
    int remembered = 0;
    for (std::uint64_t key = 0; key < 1024; ++key) limiter.take(key << 32, start);
    for (std::uint64_t key = 0; key < 1024; ++key) remembered += limiter.take(key << 32, start).has_value() ? 1 : 0;
    BOOST_TEST(remembered >= 1020);
}

BOOST_AUTO_TEST_CASE(room_is_taken_from_buckets_that_are_full_again) {
    rate_limiter limiter(1, 1, 8);
    for (int round = 0; round < 1000; ++round) {
        const auto now = start + round * 2s;
        for (std::uint64_t key = 0; key < 8; ++key) limiter.take(round * 8u + key, now);
        for (std::uint64_t key = 0; key < 8; ++key) BOOST_TEST(limiter.take(round * 8u + key, now).has_value());
    }
}

BOOST_AUTO_TEST_CASE(threads_together_get_the_burst_and_no_more) {
    rate_limiter limiter(0.001, 1000, 64);
    std::atomic<int> taken = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int n = 0; n < 2000; ++n) {
                if (!limiter.take(7, start)) ++taken;
                limiter.take(1000u + static_cast<unsigned>(n * 4 + i), start);
            }
        });
    for (auto& each : threads) each.join();
    BOOST_TEST(taken.load() == 1000);
}

BOOST_AUTO_TEST_SUITE_END()
