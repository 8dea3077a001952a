#include "support/sigma_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace sigma_rule;

BOOST_AUTO_TEST_SUITE(sigma_modifiers)

BOOST_AUTO_TEST_CASE(contains_startswith_and_endswith_open_a_text) {
    BOOST_TEST(values_of("a|contains: x") == R"({"like":[1,"x",1]})");
    BOOST_TEST(values_of("a|startswith: x") == R"({"like":["x",1]})");
    BOOST_TEST(values_of("a|endswith: x") == R"({"like":[1,"x"]})");
    BOOST_TEST(values_of("a|endswith: 'password*.txt'") == R"({"like":[1,"password",1,".txt"]})");
    BOOST_TEST(values_of("a|contains: '*x*'") == R"({"like":[1,"x",1]})");
    BOOST_TEST(values_of("a|contains: ''") == R"({"like":[1]})");
    BOOST_TEST(values_of("a|contains: 5") == "5:17 contains takes a text");
}

BOOST_AUTO_TEST_CASE(all_and_neq_are_of_the_whole_test) {
    BOOST_TEST(
        search_of("a|contains|all: [x, y]") ==
        R"({"field":"a","modifiers":["contains","all"],"all":true,"values":[{"like":[1,"x",1]},{"like":[1,"y",1]}]})");
    BOOST_TEST(search_of("a|contains|all: x") ==
               R"({"field":"a","modifiers":["contains","all"],"all":true,"values":[{"like":[1,"x",1]}]})");
    BOOST_TEST(search_of("a|neq: [x, 5]") == R"({"field":"a","modifiers":["neq"],"negated":true,"values":["x",5]})");
    BOOST_TEST(search_of("a|neq:") == R"({"field":"a","modifiers":["neq"],"negated":true,"values":[null]})");
}

BOOST_AUTO_TEST_CASE(cased_texts_say_so) {
    BOOST_TEST(values_of("a|cased: X") == R"({"cased":["X"]})");
    BOOST_TEST(values_of("a|contains|cased: X") == R"({"cased":[1,"X",1]})");
    BOOST_TEST(values_of("a|cased|endswith: X") == R"({"cased":[1,"X"]})");
}

BOOST_AUTO_TEST_CASE(windash_varies_signs_before_a_word_and_not_behind_one) {
    BOOST_TEST(values_of("a|windash: '-p'") == R"({"any":["-p","/p","–p","—p","―p"]})");
    BOOST_TEST(values_of("a|windash: 'start/b'") == R"("start/b")");
    BOOST_TEST(values_of("a|windash: ' -param-name'") ==
               R"({"any":[" -param-name"," /param-name"," –param-name"," —param-name"," ―param-name"]})");
    BOOST_TEST(values_of("a|windash: '- x'") == R"("- x")");
    BOOST_TEST(values_of("a|windash: 'é-x'") == R"("é-x")");
    BOOST_TEST(values_of("a|windash: '-é'") == R"({"any":["-é","/é","–é","—é","―é"]})");
    BOOST_TEST(values_of("a|windash: '--x'") == R"({"any":["--x","-/x","-–x","-—x","-―x"]})");
    BOOST_TEST(
        values_of("a|windash|contains: '/s'") ==
        R"({"any":[{"like":[1,"-s",1]},{"like":[1,"/s",1]},{"like":[1,"–s",1]},{"like":[1,"—s",1]},{"like":[1,"―s",1]}]})");
    BOOST_TEST(values_of("a|contains|windash: '-s'").starts_with(R"({"any":[{"like":[1,"-s",1]},)"));
}

BOOST_AUTO_TEST_CASE(windash_of_several_signs_makes_all_combinations_up_to_a_limit) {
    using namespace carrel::sigma;
    const auto count = [](std::string_view test) {
        const auto read = parse_rule(with_test(test));
        const auto& all = std::get<detection>(std::get<rule>(read).body).searches.front().is.parts.front().test.values;
        return std::get<alternatives>(all.front().is).of.size();
    };
    BOOST_TEST(count("a|windash: '-a -b'") == 25u);
    BOOST_TEST(count("a|windash: '-a -b -c -d -e'") == 3'125u);
    BOOST_TEST(values_of("a|windash: '-a -b -c -d -e -f'") ==
               "5:16 windash makes more than 3125 values, or too long ones, of one");
}

BOOST_AUTO_TEST_CASE(what_modifiers_make_of_one_value_is_bounded) {
    const std::string text(60'000, 'x');
    const std::string fault = "5:16 windash makes more than 3125 values, or too long ones, of one";
    BOOST_TEST(values_of("a|windash: '-a -b -c -d -e" + text + "'") == fault);
    BOOST_TEST(values_of("a|windash|base64offset|base64offset: '-a -b " + text + "'")
                   .ends_with("makes more than 3125 values, or too long ones, of one"));
    BOOST_TEST(
        values_of("a|wide|wide|wide|wide|wide|wide|wide|wide: " + text).ends_with("utf16le makes a value too long"));
    std::string chain = "a";
    for (int i = 0; i < 17; ++i) chain += "|base64";
    BOOST_TEST(values_of(chain + ": x") == "5:119 more than 16 modifiers");
}

BOOST_AUTO_TEST_CASE(regular_expressions_are_kept_with_their_flags) {
    BOOST_TEST(values_of(R"(a|re: '^C:\\x\d+$')") == R"({"re":"^C:\\\\x\\d+$"})");
    BOOST_TEST(values_of("a|re|i: x") == R"({"re":"x","i":true})");
    BOOST_TEST(values_of("a|re|i|m|s: x") == R"({"re":"x","i":true,"m":true,"s":true})");
    BOOST_TEST(values_of("a|re: ['x', 5]") == R"({"re":"x"},{"re":"5"})");
    BOOST_TEST(values_of("a|re: '(a+'") == "5:11 regular expression: missing ): (a+");
    BOOST_TEST(
        values_of("a|re: 'x(?=y)'") ==
        "5:11 regular expression: invalid perl operator: (?= (lookaround and back references are not supported)");
    BOOST_TEST(
        values_of(R"(a|re: '(x)\1')") ==
        R"(5:11 regular expression: invalid escape sequence: \1 (lookaround and back references are not supported))");
    BOOST_TEST(values_of("a|re:") == "5:5 re takes a text");
    BOOST_TEST(values_of("a|i: x") == "5:7 i does not take a text");
    BOOST_TEST(values_of("a|re|contains: x") == "5:10 re takes the flags i, m and s, not contains");
    BOOST_TEST(values_of("a|contains|re: x") == "5:16 re must be the first modifier");
}

BOOST_AUTO_TEST_CASE(expressions_that_explode_are_harmless_or_refused) {
    BOOST_TEST(values_of("a|re: '(a+)+$'") == R"({"re":"(a+)+$"})");
    BOOST_TEST(values_of("a|re: '((a{1000}){1000}){1000}'") ==
               "5:11 regular expression: invalid repetition size: {1000}");
    BOOST_TEST(values_of(R"(a|re: '(\pL{500}\pN{2}){2}(\pL{500}){2}')") ==
               "5:11 regular expression too large once it is compiled");
    BOOST_TEST(values_of("a|re: '" + std::string(4'097, 'x') + "'") ==
               "5:11 regular expression longer than 4096 bytes");
    BOOST_TEST(values_of("a|re: '" + std::string(3'000, '(') + "'").starts_with("5:11 regular expression"));
    std::string many = "a|re: ['x'";
    for (int i = 0; i < 1'000; ++i) many += ", 'x'";
    BOOST_TEST(values_of(many + "]").ends_with("more than 1000 regular expressions"));
    std::string large = "a|re: ['.{400}'";
    for (int i = 0; i < 200; ++i) large += ", '.{400}'";
    BOOST_TEST(values_of(large + "]").find("regular expressions too large together") != std::string::npos);
}

// What is refused has cost its time as well.
BOOST_AUTO_TEST_CASE(no_more_regular_expressions_are_compiled_than_a_rule_may_have) {
    std::string huge = R"(a|re: ['(\pL{50}){20}')";
    for (int i = 0; i < 19; ++i) huge += R"(, '(\pL{50}){20}')";
    const std::string faults = values_of(huge + "]");
    std::size_t compiled = 0;
    for (auto at = faults.find("once it is compiled"); at != faults.npos;
         at = faults.find("once it is compiled", at + 1))
        ++compiled;
    BOOST_TEST(compiled == 5u, faults);
    BOOST_TEST(faults.ends_with("regular expressions too large together"), faults);
}

BOOST_AUTO_TEST_CASE(base64_and_utf16_are_applied) {
    BOOST_TEST(values_of("a|base64: foobar") == R"("Zm9vYmFy")");
    BOOST_TEST(values_of("a|base64: fo") == R"("Zm8=")");
    BOOST_TEST(values_of("a|base64: ''") == R"("")");
    BOOST_TEST(values_of("a|wide|base64: cmd") == R"("YwBtAGQA")");
    BOOST_TEST(values_of("a|utf16le|base64: cmd") == R"("YwBtAGQA")");
    BOOST_TEST(values_of("a|utf16be|base64: cmd") == R"("AGMAbQBk")");
    BOOST_TEST(values_of("a|utf16|base64: cmd") == R"("//5jAG0AZAA=")");
    BOOST_TEST(values_of("a|wide|base64: 😀") == R"("PdgA3g==")");
    BOOST_TEST(values_of("a|wide: cmd") == R"("c\u0000m\u0000d\u0000")");
    BOOST_TEST(values_of("a|wide|contains: c*") == R"({"like":[1,"c\u0000",1]})");
    BOOST_TEST(values_of("a|base64|contains: x") == R"({"like":[1,"eA==",1]})");
    BOOST_TEST(values_of("a|base64: 'x*'") == "5:15 base64 takes a text without wildcards");
    BOOST_TEST(values_of(R"(a|base64: 'x\*')") == R"("eCo=")");
    BOOST_TEST(values_of("a|contains|base64: x") == "5:24 base64 takes a text without wildcards");
    BOOST_TEST(values_of("a|utf16: cmd") == "5:14 UTF-16 is no text: base64 or base64offset must follow");
    BOOST_TEST(values_of("a|base64: 5") == "5:15 base64 takes a text");
}

BOOST_AUTO_TEST_CASE(base64offset_keeps_what_is_certain_at_each_offset) {
    BOOST_TEST(values_of("a|base64offset: 'http://'") == R"({"any":["aHR0cDovL","h0dHA6Ly","odHRwOi8v"]})");
    BOOST_TEST(values_of("a|base64offset: foobar") == R"({"any":["Zm9vYmFy","Zvb2Jhc","mb29iYX"]})");
    BOOST_TEST(values_of("a|base64offset|contains: abc") ==
               R"({"any":[{"like":[1,"YWJj",1]},{"like":[1,"FiY",1]},{"like":[1,"hYm",1]}]})");
    BOOST_TEST(values_of("a|base64offset: x") == R"({"any":["e","4"]})");
    BOOST_TEST(values_of("a|base64offset: ''") == "5:21 text is too short for base64offset");
    BOOST_TEST(values_of("a|wide|base64offset: ab") == R"({"any":["YQBiA","EAYg","hAGIA"]})");
}

BOOST_AUTO_TEST_CASE(numbers_are_compared_with_numbers) {
    BOOST_TEST(values_of("a|lt: 5") == R"({"lt":5})");
    BOOST_TEST(values_of("a|lte: -5") == R"({"lte":-5})");
    BOOST_TEST(values_of("a|gt: 9007199254740993") == R"({"gt":9007199254740993})");
    BOOST_TEST(values_of("a|gte: 1.5") == R"({"gte":1.5})");
    BOOST_TEST(values_of("a|gt: x") == "5:11 gt takes a number");
    BOOST_TEST(values_of("a|gt: '5'") == "5:11 gt takes a number");
    BOOST_TEST(values_of("a|gt: true") == "5:11 gt takes a number");
    BOOST_TEST(values_of("'|gt': 5") == "5:5 gt needs a field");
}

BOOST_AUTO_TEST_CASE(parts_of_times_are_numbers_within_their_range) {
    BOOST_TEST(values_of("a|minute: 59") == R"({"minute":59})");
    BOOST_TEST(values_of("a|hour: [0, 23]") == R"({"hour":0},{"hour":23})");
    BOOST_TEST(values_of("a|day: 31") == R"({"day":31})");
    BOOST_TEST(values_of("a|week: 53") == R"({"week":53})");
    BOOST_TEST(values_of("a|month: 12") == R"({"month":12})");
    BOOST_TEST(values_of("a|year: 2024") == R"({"year":2024})");
    BOOST_TEST(values_of("a|hour: 24") == "5:13 hour takes a number from 0 to 23");
    BOOST_TEST(values_of("a|month: 0") == "5:14 month takes a number from 1 to 12");
    BOOST_TEST(values_of("a|hour: 1.5") == "5:13 hour takes a number from 0 to 23");
    BOOST_TEST(values_of("a|hour: x") == "5:13 hour takes a number");
}

BOOST_AUTO_TEST_CASE(networks_are_checked) {
    BOOST_TEST(values_of("a|cidr: 10.0.0.0/8") == R"({"cidr":"10.0.0.0/8"})");
    BOOST_TEST(values_of("a|cidr: ['::1/128', fe80::/10, '::ffff:10.0.0.0/104', 10.1.2.3]") ==
               R"({"cidr":"::1/128"},{"cidr":"fe80::/10"},{"cidr":"::ffff:10.0.0.0/104"},{"cidr":"10.1.2.3"})");
    BOOST_TEST(values_of("a|cidr: 10.0.0.1/8") ==
               "5:13 10.0.0.1/8 is an address with bits behind its prefix, not a network");
    BOOST_TEST(values_of("a|cidr: 10.0.0.0/33") == "5:13 10.0.0.0/33 has a prefix that is not a number up to 32");
    BOOST_TEST(values_of("a|cidr: 'fe80::1%eth0/128'") == "5:13 fe80::1%eth0/128 is not a network such as 10.0.0.0/8");
    BOOST_TEST(values_of("a|cidr: 10.0/8") == "5:13 10.0/8 is not a network such as 10.0.0.0/8");
    BOOST_TEST(values_of("a|cidr: 10.0.0.0/") == "5:13 10.0.0.0/ has a prefix that is not a number up to 32");
    BOOST_TEST(values_of("a|contains|cidr: 10.0.0.0/8") == "5:16 cidr must be the first modifier");
}

BOOST_AUTO_TEST_CASE(existence_and_references_to_fields) {
    BOOST_TEST(values_of("a|exists: true") == R"({"exists":true})");
    BOOST_TEST(values_of("a|exists: no") == R"({"exists":false})");
    BOOST_TEST(values_of("a|exists: x") == "5:15 exists takes true or false");
    BOOST_TEST(values_of("a|exists|all: true") == "5:7 exists stands with no other modifier");
    BOOST_TEST(values_of("'|exists': true") == "5:5 exists needs a field");
    BOOST_TEST(values_of("a|fieldref: b") == R"({"field":"b"})");
    BOOST_TEST(values_of("a|fieldref|startswith: b") == R"({"field":"b","starts":true})");
    BOOST_TEST(values_of("a|fieldref|endswith: b") == R"({"field":"b","ends":true})");
    BOOST_TEST(values_of("a|fieldref|contains: b") == R"({"field":"b","starts":true,"ends":true})");
    BOOST_TEST(values_of("a|fieldref: 'b*'") == "5:17 fieldref takes the name of a field, without wildcards");
    BOOST_TEST(values_of("a|fieldref|base64: b") == "5:16 base64 does not follow fieldref");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_evaluated_is_refused_at_its_place) {
    BOOST_TEST(values_of("a|expand: '%admins%'") == "5:15 expand has no values for %admins%");
    BOOST_TEST(values_of("a|expand: '100%'") == R"("100%")");
    BOOST_TEST(values_of("a|foo: x") == "5:7 unknown modifier foo");
    BOOST_TEST(values_of("a|contains|foo|bar: x") == "5:16 unknown modifier foo; 5:20 unknown modifier bar");
    BOOST_TEST(values_of("a|: x") == "5:7 a modifier is expected behind |");
    BOOST_TEST(values_of("a|Contains: x") == "5:7 unknown modifier Contains");
}

BOOST_AUTO_TEST_SUITE_END()
