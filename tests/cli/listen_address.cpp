#include "cli/listen_address.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::cli;
using boost::asio::ip::tcp;

BOOST_AUTO_TEST_SUITE(listen_address)

BOOST_AUTO_TEST_CASE(addresses_and_ports_are_parsed) {
    BOOST_TEST(parse_listen_address("127.0.0.1:8080").value() ==
               tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 8080));
    BOOST_TEST(parse_listen_address("[::1]:0").value() == tcp::endpoint(boost::asio::ip::make_address("::1"), 0));
    BOOST_TEST(parse_listen_address("localhost:1").value().address().is_loopback());
}

BOOST_AUTO_TEST_CASE(what_is_no_address_with_a_port_is_refused) {
    for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:65536", "127.0.0.1:80x",
                             "::1:80", "[127.0.0.1]:80", "example.org:80", ":80"})
        BOOST_TEST(!parse_listen_address(text), text);
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_noticed_and_a_free_one_left_free) {
    boost::asio::io_context context;
    std::optional<tcp::acceptor> holder(std::in_place, context,
                                        tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const auto there = holder->local_endpoint();
    BOOST_TEST(try_listening(there) == boost::asio::error::address_in_use);
    holder.reset();
    BOOST_TEST(!try_listening(there).failed());
    BOOST_TEST(!try_listening(there).failed());
}

BOOST_AUTO_TEST_SUITE_END()
