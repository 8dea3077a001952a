#include "json/scanner.hpp"

#include "json/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace carrel::json;

BOOST_AUTO_TEST_SUITE(json_scanner)

namespace {

// Writes down what it hears.
struct listener {
    std::string heard;
    void begin(char bracket) { heard += bracket; }
    void end(char bracket) { heard += bracket; }
    void key(std::string_view raw, bool) { heard.append(raw) += ':'; }
    void value(scalar, std::string_view raw, bool escaped) { heard.append(raw) += escaped ? '!' : ' '; }
};

scan_error scan(std::string_view text, std::string* heard = nullptr) {
    listener to;
    const auto error = scanner(text, to, 256).run();
    if (heard != nullptr) *heard = to.heard;
    return error;
}

}  // namespace

BOOST_AUTO_TEST_CASE(everything_in_a_text_is_told_in_order) {
    std::string heard;
    BOOST_TEST((scan(R"( {"a" : [1,-2.5e3,"x\n",true], "b":{"c":null},"d":[]} )", &heard) == scan_error::none));
    BOOST_TEST(heard == "{a:[1 -2.5e3 x\\n!true ]b:{c:null }d:[]}");
}

BOOST_AUTO_TEST_CASE(errors_are_told_apart) {
    BOOST_TEST((scan("") == scan_error::broken));
    BOOST_TEST((scan(R"({"a":1)") == scan_error::broken));
    BOOST_TEST((scan("{} {}") == scan_error::trailing));
    BOOST_TEST((scan("\"\xff\"") == scan_error::invalid_utf8));
    BOOST_TEST((scan(std::string(257, '[') + std::string(257, ']')) == scan_error::too_deep));
    BOOST_TEST((scan(std::string(256, '[') + std::string(256, ']')) == scan_error::none));
    BOOST_TEST((scan(R"(["\ud800"])") == scan_error::none));
}

BOOST_AUTO_TEST_CASE(it_accepts_exactly_what_a_trusted_parser_accepts) {
    const std::string seed =
        R"({"a":[1,-0.5e+10,"x\u00e4\\",true],"b":{"c":null,"d":"ä€"},"e":false,"f":1E2,"g":[[],{}]} )";
    const std::string letters = "{}[]\",:\\0123456789.eE+-truefalsn u\n\xc3\x80\xed";
    std::mt19937 random(4);
    reader trusted;
    int accepted = 0;
    for (int round = 0; round < 40'000; ++round) {
        std::string text = seed;
        for (std::size_t changes = random() % 3 + 1; changes > 0; --changes) {
            const std::size_t at = random() % text.size();
            if (random() % 3 == 0) text.erase(at, 1);
            else text[at] = letters[random() % letters.size()];
        }
        parse_failure failure;
        const bool expected = trusted.parse(text, failure) != nullptr ||
                              failure.detail.find("comes twice") != std::string::npos ||
                              failure.detail.find("surrogate") != std::string::npos;
        BOOST_TEST((scan(text) == scan_error::none) == expected, text << " " << failure.detail);
        accepted += expected ? 1 : 0;
    }
    BOOST_TEST(accepted > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
