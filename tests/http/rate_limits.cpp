#include "http/pipeline/rate_limits.hpp"
#include "fixture.hpp"
#include "http/pipeline/admission.hpp"
#include "http/pipeline/shard_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

// How many requests one client may send. Sockets of a test come from loopback, which is not limited, so most of this is
// about exchanges without one.
namespace carrel::testing {

namespace {

constexpr int enough = 1000;  // more than a rate of one a second gives in a test's time

http::limits one_a_second() {
    http::limits bounds;
    bounds.address_rate = bounds.principal_rate = 1;
    bounds.address_burst = bounds.principal_burst = 3;
    return bounds;
}

/// What admission says, of a client at any address.
struct one_shard {
    explicit one_shard(const http::limits& bounds = one_a_second())
        : context(server.store(), http::host_list(80, {}), bounds),
          shard(context, io) {
        context.mappings = std::make_shared<siem::mappings_in_force>();
    }

    http::response ask(const std::string& address, std::string_view target = "/api/v1/alerts",
                       std::string_view method = "GET", std::string_view host = "localhost") {
        http::request_head head;
        head.method = method;
        head.target = target;
        head.values[static_cast<std::size_t>(http::field::host)] = host;
        head.present = 1;
        auto& ex = shard.make_exchange();
        ex.request.client_address = http::peer_address::from(boost::asio::ip::make_address(address));
        http::admit(ex, head);
        auto answer = std::move(ex.response);
        shard.retire(ex);
        return answer;
    }
    /// How many of many requests were let through before the first 429.
    int taken(const std::string& address, std::string_view target = "/api/v1/alerts", std::string_view method = "GET",
              std::string_view host = "localhost") {
        int count = 0;
        while (count < enough && ask(address, target, method, host).status != 429) ++count;
        return count;
    }

    running_server server;
    boost::asio::io_context io;
    http::server_context context;
    http::shard_context shard;
};

std::string text_of(const http::response& answer, const char* pointer) {
    return std::string(boost::json::parse(answer.reply.body).at_pointer(pointer).as_string());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limits_http)

BOOST_AUTO_TEST_CASE(an_address_that_sends_too_many_requests_is_told_to_wait) {
    one_shard front;
    const int taken = front.taken("203.0.113.5");
    BOOST_TEST(taken >= 3);
    BOOST_TEST(taken < enough);
    http::response refused;
    for (int i = 0; i < enough && refused.status != 429; ++i) refused = front.ask("203.0.113.5");
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(text_of(refused, "/type") == "/problems/too_many_requests");
    BOOST_TEST(refused.retry_after >= 1u);
    BOOST_TEST(!refused.closes, "the next one may be in time");
    BOOST_TEST(front.ask("203.0.113.6").status == 0, "another address has its own");
}

BOOST_AUTO_TEST_CASE(without_a_rate_there_is_no_limit) {
    one_shard front{http::limits()};
    BOOST_TEST(front.taken("203.0.113.5") == enough);
}

BOOST_AUTO_TEST_CASE(the_addresses_of_one_network_are_one_client) {
    one_shard front;
    int same = 0, others = 0;
    for (int i = 1; i < enough; ++i) {
        same += front.ask("2001:db8:0:1::" + std::to_string(i)).status == 429 ? 1 : 0;
        others += front.ask("2001:db8:1:" + std::to_string(i) + "::1").status == 429 ? 1 : 0;
    }
    BOOST_TEST(same > 0);
    BOOST_TEST(others == 0);
    BOOST_TEST(front.taken("::ffff:203.0.113.7") < enough);
}

BOOST_AUTO_TEST_CASE(loopback_is_not_limited) {
    one_shard front;
    for (const auto* address : {"127.0.0.1", "127.9.9.9", "::1"}) BOOST_TEST(front.taken(address) == enough, address);
    running_server server([](auto& settings) { settings.limits = one_a_second(); });
    raw_client client(server.port());
    for (int i = 0; i < 20; ++i) BOOST_TEST(client.ask("GET", "/api/v1/alerts").status == 200);
}

BOOST_AUTO_TEST_CASE(probes_are_not_limited_whoever_else_is) {
    one_shard front;
    BOOST_TEST(front.taken("203.0.113.5") < enough);
    for (const auto* probe :
         {"/health/live", "/health/ready", "/metrics", "/api/v1/pool", "/services/collector/health"})
        BOOST_TEST(front.taken("203.0.113.5", probe) == enough, probe);
}

BOOST_AUTO_TEST_CASE(requests_that_find_nothing_count_too) {
    one_shard front;
    BOOST_TEST(front.taken("203.0.113.1", "/nothing") < enough);
    BOOST_TEST(front.taken("203.0.113.2", "/api/v1/alerts", "TRACE") < enough);
    BOOST_TEST(front.taken("203.0.113.3", "/api/v1/alerts", "GET", "evil.example") < enough);
    BOOST_TEST(front.taken("203.0.113.4", "/api/v1/alerts", "OPTIONS") < enough);
}

BOOST_AUTO_TEST_CASE(shippers_are_refused_in_the_words_that_their_clients_know) {
    one_shard front;
    http::response elastic, splunk;
    for (int i = 0; i < enough && elastic.status != 429; ++i) elastic = front.ask("203.0.113.5", "/_bulk", "POST");
    for (int i = 0; i < enough && splunk.status != 429; ++i)
        splunk = front.ask("203.0.113.5", "/services/collector", "POST");
    BOOST_TEST(text_of(elastic, "/error/type") == "es_rejected_execution_exception");
    BOOST_TEST(boost::json::parse(splunk.reply.body).at("code").as_int64() == 9);
    BOOST_TEST(splunk.retry_after >= 1u);
}

BOOST_AUTO_TEST_CASE(a_principal_has_a_rate_of_its_own_from_wherever_it_comes) {
    one_shard front;
    const auto passes = [&](std::uint64_t principal) {
        auto& ex = front.shard.make_exchange();
        const bool passed = http::pass_principal_rate(ex, principal);
        BOOST_TEST(passed == (ex.response.status != 429));
        BOOST_TEST(passed == (ex.response.retry_after == 0));
        front.shard.retire(ex);
        return passed;
    };
    int taken = 0;
    while (taken < enough && passes(7)) ++taken;
    BOOST_TEST(taken >= 3);
    BOOST_TEST(taken < enough);
    BOOST_TEST(passes(8));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
