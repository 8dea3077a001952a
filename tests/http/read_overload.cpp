#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// More reads than the server can do in time.
namespace carrel::testing {

namespace {

using namespace std::chrono_literals;

void spin(std::chrono::microseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) continue;
}

// A scan of alerts, which takes the only slot of the deep reads: long at first, so that its cost is known, then as long as
// the test says.
struct deep_slot {
    static constexpr std::string_view long_deadline = "Carrel-Timeout-Ms: 60000\r\n";
    static constexpr std::string_view target = "/api/v1/alerts/count?tag=none";

    explicit deep_slot(running_server& server) {
        server.fill_alerts(1'000);
        slow_filter::pause = [state = state_](bool on_shard) {
            spin(500us);
            if (!on_shard && state->holds && !state->has_begun.exchange(true)) state->held.wait();
        };
        BOOST_TEST(server.get(target, long_deadline).status == 200);
        state_->holds = true;
    }
    bool is_taken() const { return state_->has_begun; }
    void release() { state_->held.open(); }

private:
    struct shared_state {
        std::atomic<bool> holds{false}, has_begun{false};
        gate held;
    };
    std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(overload)

BOOST_AUTO_TEST_CASE(scans_of_events_that_cannot_be_served_in_time_are_refused_at_once) {
    for (const std::string scan :
         {"/api/v1/events?q=", "/api/v1/events/count?q=", "/api/v1/events/histogram?interval=1h&q="}) {
        BOOST_TEST_INFO_SCOPE(scan);
        running_server server({}, [](options& o) {
            o.deep_reads_max = 1;
            o.read_budget = 50us;
        });
        BOOST_TEST(server.ingest(event_lines(20'000)).status == 201);
        deep_slot slot(server);
        raw_client first(server.port()), second(server.port());
        first.send(first.request("GET", deep_slot::target, {}, deep_slot::long_deadline));
        BOOST_TEST(eventually([&] { return slot.is_taken(); }));
        second.send(second.request("GET", scan + "aa*", {}, deep_slot::long_deadline));
        BOOST_TEST(eventually([&] { return server.store().stats().readers.queue_jobs == 1; }));
        const auto refused = server.get(scan + "bb*", "Carrel-Timeout-Ms: 250\r\n");
        BOOST_TEST(refused.status == 503);
        BOOST_TEST(refused.problem() == "overloaded");
        BOOST_TEST(!refused.field("retry-after").empty());
        slot.release();
        BOOST_TEST(first.receive().status == 200);
        BOOST_TEST(second.receive().status == 200);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
