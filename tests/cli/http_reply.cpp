#include "cli/http_reply.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::cli;

BOOST_AUTO_TEST_SUITE(http_reply_)

BOOST_AUTO_TEST_CASE(a_reply_is_taken_when_all_of_it_is_there_and_the_rest_stays) {
    std::string received = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhell";
    reply_parser parser;
    BOOST_TEST(!parser.parse(received));
    received += "oHTTP";
    const auto reply = parser.parse(received);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 201);
    BOOST_TEST(reply->body == "hello");
    BOOST_TEST(reply->header("x-a") == "b");
    BOOST_TEST(reply->header("x-b") == "");
    BOOST_TEST(received == "HTTP");
}

BOOST_AUTO_TEST_CASE(interim_replies_are_skipped) {
    std::string received = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const auto reply = reply_parser().parse(received);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 200);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_put_together) {
    const std::string whole =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n";
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        std::string received = whole.substr(0, cut);
        reply_parser parser;
        BOOST_TEST(!parser.parse(received));
        BOOST_TEST(!parser.is_broken());
    }
    std::string received = whole;
    const auto reply = reply_parser().parse(received);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->body == "abcde");
    BOOST_TEST(received == "");
}

BOOST_AUTO_TEST_CASE(a_reply_without_a_length_ends_with_its_connection) {
    std::string received = "HTTP/1.0 200 OK\r\n\r\nall of it";
    reply_parser parser;
    BOOST_TEST(!parser.parse(received));
    const auto reply = parser.parse_end(received);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->body == "all of it");
    BOOST_TEST(reply->header("connection") == "close");
}

BOOST_AUTO_TEST_CASE(a_reply_cut_short_is_none) {
    std::string received = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    BOOST_TEST(!reply_parser().parse_end(received));
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_broken) {
    for (std::string received : {"SSH-2.0-OpenSSH_9.2p1 Debian and more\r\n\r\n", "HTTP/1.1 xyz\r\n\r\n"}) {
        reply_parser parser;
        BOOST_TEST(!parser.parse(received));
        BOOST_TEST(parser.is_broken());
    }
}

BOOST_AUTO_TEST_CASE(a_url_is_taken_apart) {
    const auto plain = parse_url("http://127.0.0.1:8080");
    BOOST_TEST_REQUIRE(plain.has_value());
    BOOST_TEST(plain->authority() == "127.0.0.1:8080");
    BOOST_TEST(plain->base == "");
    const auto based = parse_url("http://[::1]/carrel/");
    BOOST_TEST_REQUIRE(based.has_value());
    BOOST_TEST(based->host == "[::1]");
    BOOST_TEST(based->port == "80");
    BOOST_TEST(based->base == "/carrel");
    BOOST_TEST(!based->is_tls);
    const auto secure = parse_url("https://siem.example/carrel");
    BOOST_TEST_REQUIRE(secure.has_value());
    BOOST_TEST(secure->is_tls);
    BOOST_TEST(secure->authority() == "siem.example:443");
    BOOST_TEST(secure->base == "/carrel");
}

BOOST_AUTO_TEST_CASE(what_is_no_http_url_is_refused) {
    for (const char* text :
         {"", "127.0.0.1:8080", "http://", "http://a:", "http://a:0", "http://a:70000", "http://a:x", "http://a b",
          "http://u@a", "http://a\r\nX: y", "https://", "https://a:0", "HTTPS://a", "ftp://a"})
        BOOST_TEST(!parse_url(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
