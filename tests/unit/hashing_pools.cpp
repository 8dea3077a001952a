#include "access/hashing_pool.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <vector>

using carrel::access::hashing_pool;
using carrel::testing::eventually;
using carrel::testing::gate;

namespace {

/// A pool of one thread that is busy until `open`.
struct busy_pool {
    explicit busy_pool(std::size_t queue_max)
        : pool(std::make_unique<hashing_pool>(1, queue_max)) {
        pool->submit([this] {
            started.set_value();
            held.wait();
        });
        started.get_future().wait();
    }
    void open() {
        is_open = true;
        held.open();
    }
    ~busy_pool() {
        if (!is_open) open();
        pool.reset();
    }

    std::promise<void> started;
    gate held;
    bool is_open = false;
    std::unique_ptr<hashing_pool> pool;
};

/// What the system says of the thread it runs on.
struct standing {
    int policy = -1, nice = -1;
    bool takes_signals = true;
};

standing standing_of_this_thread() {
    standing found;
    found.policy = ::sched_getscheduler(0);
    found.nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)));
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    found.takes_signals = ::sigismember(&blocked, SIGTERM) == 0 || ::sigismember(&blocked, SIGHUP) == 0;
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hashing_pools)

BOOST_AUTO_TEST_CASE(works_run_in_the_order_they_came_in) {
    std::vector<int> order;
    busy_pool held(10);
    std::promise<void> last;
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(held.pool->submit([&, i] {
            order.push_back(i);
            if (i == 4) last.set_value();
        }));
    BOOST_TEST(held.pool->waiting() == 5u);
    held.open();
    last.get_future().wait();
    BOOST_TEST((order == std::vector<int>{0, 1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once_and_calls_nothing) {
    std::atomic<int> ran = 0, refused = 0, dropped = 0;
    {
        busy_pool held(2);
        for (int i = 0; i < 5; ++i)
            if (!held.pool->submit([&] { ++ran; }, [&] { ++dropped; })) ++refused;
        BOOST_TEST(refused.load() == 3);
        held.open();
        BOOST_TEST(eventually([&] { return ran.load() == 2; }));
    }
    BOOST_TEST(ran.load() == 2);
    BOOST_TEST(dropped.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_pool_without_a_queue_takes_nothing) {
    hashing_pool pool(1, 0);
    BOOST_TEST(!pool.submit([] {}));
}

BOOST_AUTO_TEST_CASE(what_waits_when_the_pool_closes_is_told) {
    bool ran = false, went_on = false;
    int dropped = 0;
    {
        std::promise<void> started;
        gate held;
        hashing_pool pool(1, 10);  // last: what runs uses the others
        pool.submit([&] {
            started.set_value();
            held.wait();
            went_on = true;
        });
        started.get_future().wait();
        for (int i = 0; i < 3; ++i) pool.submit([&] { ran = true; }, [&] { ++dropped; });
        pool.submit([&] { ran = true; });  // nobody to tell
        pool.close();
        BOOST_TEST(dropped == 3);
        BOOST_TEST(!pool.submit([&] { ran = true; }, [&] { ++dropped; }));
        pool.close();
        held.open();
    }
    BOOST_TEST(went_on);
    BOOST_TEST(!ran);
    BOOST_TEST(dropped == 3);
}

BOOST_AUTO_TEST_CASE(each_work_is_run_or_dropped_once) {
    std::atomic<int> taken = 0, ran = 0, dropped = 0;
    for (int round = 0; round < 20; ++round) {
        auto pool = std::make_unique<hashing_pool>(3, 50);
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 3; ++caller)
            callers.emplace_back([&] {
                for (int i = 0; i < 100; ++i)
                    if (pool->submit([&] { ++ran; }, [&] { ++dropped; })) ++taken;
            });
        if (round % 2 == 0) pool->close();
        for (auto& each : callers) each.join();
        pool.reset();
    }
    BOOST_TEST(taken.load() == ran.load() + dropped.load());
    BOOST_TEST(ran.load() > 0);
}

BOOST_AUTO_TEST_CASE(as_many_run_at_once_as_there_are_threads) {
    std::atomic<int> running = 0;
    gate held;
    hashing_pool pool(3, 10);
    for (int i = 0; i < 5; ++i)
        pool.submit([&] {
            ++running;
            held.wait();
        });
    BOOST_TEST(eventually([&] { return running.load() == 3; }));
    BOOST_TEST(pool.waiting() == 2u);
    held.open();
}

BOOST_AUTO_TEST_CASE(a_work_may_submit_another) {
    std::promise<void> second;
    hashing_pool pool(1, 1);
    pool.submit([&] { pool.submit([&] { second.set_value(); }); });
    second.get_future().wait();
}

BOOST_AUTO_TEST_CASE(its_threads_stand_back_and_take_no_signals) {
    std::promise<standing> found;
    hashing_pool pool(1, 1);
    pool.submit([&] { found.set_value(standing_of_this_thread()); });
    const auto of_pool = found.get_future().get();
    BOOST_TEST(of_pool.policy == SCHED_BATCH);
    BOOST_TEST(of_pool.nice == 19);
    BOOST_TEST(!of_pool.takes_signals);
    BOOST_TEST(standing_of_this_thread().takes_signals, "the thread that made it does as before");
    BOOST_TEST(standing_of_this_thread().policy == SCHED_OTHER);
}

BOOST_AUTO_TEST_SUITE_END()
