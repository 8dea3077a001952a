#include "sigma/documents.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::sigma;

BOOST_AUTO_TEST_SUITE(sigma_documents)

namespace {

/// `line offset <text>` of each document, or the faults.
std::string cut(std::string_view text, const document_limits& limits = {}) {
    const auto read = parse_documents(text, limits);
    std::string all;
    if (const auto* found = std::get_if<faults>(&read)) {
        for (const fault& each : *found) all += std::to_string(each.line) + ": " + each.detail;
        return all;
    }
    for (const document& each : std::get<std::vector<document>>(read)) {
        BOOST_TEST((text.substr(each.offset, each.text.size()) == each.text));
        all += std::to_string(each.line) + " <" + std::string(each.text) + ">";
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_text_alone_is_one_document_as_it_came) {
    BOOST_TEST(cut("a: b\n") == "1 <a: b\n>");
    BOOST_TEST(cut("---\na: b\n") == "1 <---\na: b\n>");
    BOOST_TEST(cut("# c\n---\na: b\n...\n") == "1 <# c\n---\na: b\n...\n>");
    BOOST_TEST(cut("\xEF\xBB\xBF"
                   "a: b") ==
               "1 <\xEF\xBB\xBF"
               "a: b>");
    BOOST_TEST(cut("a: b\n---\n# end\n") == "1 <a: b\n---\n# end\n>");
}

BOOST_AUTO_TEST_CASE(markers_divide_documents_which_keep_their_bytes) {
    BOOST_TEST(cut("a: 1\n---\nb: 2\n") == "1 <a: 1\n>3 <b: 2\n>");
    BOOST_TEST(cut("---\na: 1\n---\nb: 2") == "2 <a: 1\n>4 <b: 2>");
    BOOST_TEST(cut("a: 1\r\n---\r\nb: 2\r\n") == "1 <a: 1\r\n>3 <b: 2\r\n>");
    BOOST_TEST(cut("a: 1\n--- # two\nb: 2\n") == "1 <a: 1\n>2 <--- # two\nb: 2\n>");
    BOOST_TEST(cut("a: 1\n--- {b: 2}\n--- c") == "1 <a: 1\n>2 <--- {b: 2}\n>3 <--- c>");
    BOOST_TEST(cut("# first\n---\na: 1\n---\nb: 2\n") == "1 <# first\n---\na: 1\n>5 <b: 2\n>");
    BOOST_TEST(cut("a: 1\n...\n%YAML 1.1\n---\nb: 2\n") == "1 <a: 1\n...\n>3 <%YAML 1.1\n---\nb: 2\n>");
    BOOST_TEST(cut("\xEF\xBB\xBF"
                   "a: 1\n---\nb: 2\n") == "1 <a: 1\n>3 <b: 2\n>");
}

BOOST_AUTO_TEST_CASE(documents_that_hold_nothing_are_left_out) {
    BOOST_TEST(cut("") == "");
    BOOST_TEST(cut("\n# c\n") == "");
    BOOST_TEST(cut("---\n---\na: 1\n---\n\n---\n# c\n---\nb: 2\n---\n") == "3 <a: 1\n>9 <b: 2\n>");
    BOOST_TEST(cut("...\n...\n") == "");
}

BOOST_AUTO_TEST_CASE(only_a_marker_alone_at_the_start_of_a_line_divides) {
    BOOST_TEST(cut("a: 1\n---b: 2\n") == "1 <a: 1\n---b: 2\n>");
    BOOST_TEST(cut("a: 1\n ---\n") == "1 <a: 1\n ---\n>");
    BOOST_TEST(cut("a: 1\n----\n") == "1 <a: 1\n----\n>");
}

BOOST_AUTO_TEST_CASE(limits_and_encoding_are_checked) {
    BOOST_TEST(cut("a: 1\n", {.text_max = 4}) == "1: longer than 4 bytes");
    BOOST_TEST(cut("a: 1\n---\nb: 1\n---\nc: 1\n", {.documents_max = 2}) == "5: more than 2 documents");
    BOOST_TEST(cut("a: 1\n---\nb: \xFF\n") == "3: byte 0xFF is not UTF-8");
    BOOST_TEST(cut(std::string_view("a\0b", 3)) == "1: control character U+0000");
}

BOOST_AUTO_TEST_SUITE_END()
