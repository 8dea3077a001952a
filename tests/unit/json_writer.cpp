#include "json/pieces.hpp"
#include "json/writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <stdexcept>

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

BOOST_AUTO_TEST_CASE(a_plain_text_has_nothing_to_escape_wherever_it_would_stand) {
    for (std::size_t size = 1; size <= 40; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int c = 0; c < 256; ++c) {
                std::string text(size, 'x');
                text[at] = static_cast<char>(c);
                if (carrel::json::is_plain(text) != (c >= 0x20 && c != '"' && c != '\\'))
                    BOOST_FAIL("size " << size << ", place " << at << ", character " << c);
            }
        }
    }
    BOOST_TEST(carrel::json::is_plain({}));
}

BOOST_AUTO_TEST_CASE(pieces_are_what_the_writer_writes) {
    for (const std::size_t size : {0u, 1u, 31u, 2'044u, 2'045u, 2'046u, 2'047u, 2'048u, 2'049u, 5'000u}) {
        for (const char last : {'x', '"'}) {
            const std::string text = std::string(size, 'a') + last;
            std::string expected = "before", got = expected;
            carrel::json::writer out(expected);
            out.begin_object().key("a").string(text).key("b").raw('"' + std::string(size, 'b') + '"');
            out.key("c").integer(std::numeric_limits<std::int64_t>::min()).end_object();
            carrel::json::pieces pieces(got);
            pieces.put(carrel::json::short_text("{\"a\":"));
            pieces.string(text);
            pieces.put(carrel::json::short_text(",\"b\":"));
            pieces.plain(std::string(size, 'b'));
            pieces.put(carrel::json::short_text(",\"c\":"));
            pieces.integer(std::numeric_limits<std::int64_t>::min());
            pieces.put('}');
            pieces.flush();
            BOOST_TEST(got == expected);
        }
    }
    BOOST_CHECK_THROW(carrel::json::short_text(std::string(33, 'a')), std::length_error);
}

BOOST_AUTO_TEST_SUITE_END()
