#include "http/net/connection_states.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <initializer_list>

// The connection's state machine, with literals.
namespace carrel::http {

namespace {

using event = connection_event;

constexpr std::array all_events{event::request_begun, event::head_complete, event::request_over, event::input_stopped,
                                event::peer_ended,    event::send_blocked,  event::send_done,    event::last_response,
                                event::linger,        event::closed};

connection_state after_all(std::initializer_list<event> events) {
    connection_state state;
    for (const auto each : events) state = after(state, each);
    return state;
}

bool is(connection_state state, receiving in, sending out) { return state == connection_state{in, out}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(connection_states)

BOOST_AUTO_TEST_CASE(a_request_goes_through_head_and_body_back_to_idle) {
    BOOST_TEST(is(after_all({}), receiving::idle, sending::open));
    BOOST_TEST(is(after_all({event::request_begun}), receiving::head, sending::open));
    BOOST_TEST(is(after_all({event::request_begun, event::head_complete}), receiving::body, sending::open));
    BOOST_TEST(is(after_all({event::request_begun, event::head_complete, event::request_over}), receiving::idle,
                  sending::open));
    // Malformed within its header section.
    BOOST_TEST(is(after_all({event::request_begun, event::request_over}), receiving::idle, sending::open));
}

BOOST_AUTO_TEST_CASE(what_stopped_stays_stopped_until_the_peer_ends) {
    for (const auto each : all_events) {
        const auto state = after(after_all({event::request_begun, event::input_stopped}), each);
        if (each == event::peer_ended) BOOST_TEST((state.receiving == receiving::ended));
        else BOOST_TEST((state.receiving == receiving::stopped));
    }
    for (const auto each : all_events)
        BOOST_TEST((after(after_all({event::peer_ended}), each).receiving == receiving::ended));
}

BOOST_AUTO_TEST_CASE(a_blocked_send_is_open_again_once_it_is_done) {
    BOOST_TEST(is(after_all({event::send_blocked}), receiving::idle, sending::blocked));
    BOOST_TEST(is(after_all({event::send_blocked, event::send_done}), receiving::idle, sending::open));
}

BOOST_AUTO_TEST_CASE(the_last_response_leads_to_lingering_and_nothing_else) {
    BOOST_TEST(is(after_all({event::last_response}), receiving::stopped, sending::last));
    BOOST_TEST(is(after_all({event::last_response, event::send_blocked, event::send_done}), receiving::stopped,
                  sending::last));
    BOOST_TEST(is(after_all({event::last_response, event::linger}), receiving::stopped, sending::lingering));
    for (const auto each : all_events) {
        const auto state = after(after_all({event::last_response, event::linger}), each);
        BOOST_TEST((state.sending == (each == event::closed ? sending::closed : sending::lingering)));
    }
}

BOOST_AUTO_TEST_CASE(closed_is_the_end_of_every_state) {
    for (const auto first : all_events)
        for (const auto second : all_events)
            BOOST_TEST((after_all({first, event::closed, second}).sending == sending::closed));
}

BOOST_AUTO_TEST_CASE(requests_are_read_only_while_responses_can_be_sent) {
    BOOST_TEST(may_read(after_all({})));
    BOOST_TEST(may_read(after_all({event::request_begun, event::head_complete})));
    for (const auto each : {event::send_blocked, event::input_stopped, event::peer_ended, event::last_response,
                            event::linger, event::closed})
        BOOST_TEST(!may_read(after_all({each})));
    BOOST_TEST(may_write(after_all({event::peer_ended})));
    BOOST_TEST(may_write(after_all({event::input_stopped})));
    for (const auto each : {event::send_blocked, event::last_response, event::linger, event::closed})
        BOOST_TEST(!may_write(after_all({each})));
    BOOST_TEST(is_live(after_all({event::last_response})));
    BOOST_TEST(!is_live(after_all({event::linger})));
    BOOST_TEST(!is_live(after_all({event::closed})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::http
