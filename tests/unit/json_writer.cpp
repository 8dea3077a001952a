#include "json/writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

BOOST_AUTO_TEST_SUITE(json_writer)

BOOST_AUTO_TEST_CASE(commas_come_by_themselves) {
    std::string text;
    carrel::json::writer out(text);
    out.begin_object()
        .key("a")
        .integer(1)
        .key("b")
        .begin_array()
        .integer(2)
        .string("x")
        .begin_object()
        .end_object()
        .null();
    out.end_array().key("c").boolean(true).key("d").raw("[3]").key("e").begin_array().end_array().end_object();
    BOOST_TEST(text == R"({"a":1,"b":[2,"x",{},null],"c":true,"d":[3],"e":[]})");
}

BOOST_AUTO_TEST_CASE(every_character_reads_back) {
    std::string all;
    for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
    all += "äöü€😀";
    std::string text;
    carrel::json::writer(text).string(all);
    BOOST_TEST(std::string(boost::json::parse(text).as_string()) == all);
}

BOOST_AUTO_TEST_CASE(integers_keep_64_bits_and_what_is_no_number_is_null) {
    std::string text;
    carrel::json::writer out(text);
    out.begin_array()
        .integer(std::numeric_limits<std::int64_t>::min())
        .integer(std::numeric_limits<std::int64_t>::max());
    out.integer(36028797018963968).real(0.5).real(std::numeric_limits<double>::infinity()).end_array();
    BOOST_TEST(text == "[-9223372036854775808,9223372036854775807,36028797018963968,0.5,null]");
}

BOOST_AUTO_TEST_SUITE_END()
