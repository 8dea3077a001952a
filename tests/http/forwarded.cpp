#include "http/protocol/forwarded.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// Whom a request comes from, by what proxies say.
namespace carrel::testing {

namespace {

using http::peer_address;

peer_address address(const char* text) { return peer_address::from(boost::asio::ip::make_address(text)); }

const std::vector<peer_address> proxies{address("127.0.0.1"), address("10.0.0.1"), address("2001:db8::1")};

bool is_client(const char* expected, std::string_view forwarded_for, const char* peer = "127.0.0.1") {
    return http::client_behind_proxy(forwarded_for, address(peer), proxies) == address(expected);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forwarded)

BOOST_AUTO_TEST_CASE(addresses_come_with_and_without_ports) {
    for (const auto& [text, expected] :
         {std::pair("192.0.2.7", "192.0.2.7"), std::pair("192.0.2.7:80", "192.0.2.7"),
          std::pair("192.0.2.7:65535", "192.0.2.7"), std::pair("2001:db8::7", "2001:db8::7"),
          std::pair("[2001:db8::7]", "2001:db8::7"), std::pair("[2001:db8::7]:443", "2001:db8::7"),
          std::pair("::1", "::1"), std::pair("::ffff:192.0.2.7", "192.0.2.7")}) {
        const auto found = http::parse_forwarded_address(text);
        BOOST_TEST((found && *found == address(expected)), text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_none) {
    for (const std::string& text : {std::string(),
                                    std::string("unknown"),
                                    std::string("_hidden"),
                                    std::string("siem.example"),
                                    std::string("192.0.2"),
                                    std::string("192.0.2.256"),
                                    std::string("192.0.2.7:"),
                                    std::string("192.0.2.7:65536"),
                                    std::string("192.0.2.7:-1"),
                                    std::string("192.0.2.7:80x"),
                                    std::string("192.0.2.07"),
                                    std::string("[192.0.2.7]"),
                                    std::string("[2001:db8::7"),
                                    std::string("[2001:db8::7]x"),
                                    std::string("[2001:db8::7]:"),
                                    std::string("[2001:db8::7]:99999"),
                                    std::string("fe80::1%eth0"),
                                    std::string("2001:db8::7]"),
                                    std::string("[]"),
                                    std::string("\"192.0.2.7\""),
                                    std::string("192.0.2.7 "),
                                    std::string("192.0.2.7\0x", 11),
                                    std::string(5'000, '1'),
                                    std::string(5'000, ':')})
        BOOST_TEST(!http::parse_forwarded_address(text), text);
}

BOOST_AUTO_TEST_CASE(the_last_address_that_is_no_proxy_is_the_client) {
    BOOST_TEST(is_client("192.0.2.7", "192.0.2.7"));
    BOOST_TEST(is_client("192.0.2.7", "203.0.113.9, 192.0.2.7"));  // the first is what the client says of itself
    BOOST_TEST(is_client("192.0.2.7", "203.0.113.9,192.0.2.7 ,\t10.0.0.1"));
    BOOST_TEST(is_client("2001:db8::7", "[2001:db8::7]:5000, [2001:db8::1]:443, 10.0.0.1:80"));
}

BOOST_AUTO_TEST_CASE(proxies_all_the_way_are_a_client_themselves) {
    BOOST_TEST(is_client("10.0.0.1", "10.0.0.1"));
    BOOST_TEST(is_client("2001:db8::1", "2001:db8::1, 10.0.0.1"));
    BOOST_TEST(is_client("127.0.0.1", ""));
    BOOST_TEST(is_client("127.0.0.1", {}));  // no such field
}

BOOST_AUTO_TEST_CASE(what_is_malformed_ends_the_reading_where_it_stands) {
    BOOST_TEST(is_client("127.0.0.1", "192.0.2.7, unknown"));
    BOOST_TEST(is_client("10.0.0.1", "192.0.2.7, unknown, 10.0.0.1"));
    BOOST_TEST(is_client("127.0.0.1", "192.0.2.7,"));
    BOOST_TEST(is_client("127.0.0.1", ",,,"));
    BOOST_TEST(is_client("192.0.2.7", "unknown, 192.0.2.7"));
}

BOOST_AUTO_TEST_CASE(who_is_no_proxy_speaks_for_nobody) {
    BOOST_TEST(is_client("192.0.2.99", "203.0.113.9", "192.0.2.99"));
    BOOST_TEST(is_client("192.0.2.99", "127.0.0.1", "192.0.2.99"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
