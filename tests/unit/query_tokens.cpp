#include "query/tokens.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <set>

using namespace carrel::query;

BOOST_AUTO_TEST_SUITE(query_tokens)

namespace {

std::set<std::uint64_t> tokens_of(std::string_view fields) {
    std::set<std::uint64_t> all;
    for_each_token(fields, [&](std::uint64_t token, token_kind) { all.insert(token); });
    return all;
}
std::uint64_t pair_token(std::string_view path, std::string_view text) { return value_token(key_token(path), text); }

}  // namespace

BOOST_AUTO_TEST_CASE(the_hash_is_what_it_was) {
    // These are in files: a change of any of them loses events from searches.
    BOOST_TEST(token_hash::of("", 0) == 0xd6cb8892a926a943);
    BOOST_TEST(word_token("a") == 0x80299c0e99d6ee85);
    BOOST_TEST(word_token("exe") == 0xc3ffded02d686c00);
    BOOST_TEST(word_token("power") == 0x7728ea7effe4d865);
    BOOST_TEST(word_token("security") == 0x3bd15a77e9994786);
    BOOST_TEST(word_token("powershell") == 0xb42a9a2baf213309);
    BOOST_TEST(key_token("EventID") == 0xb1601b2d02006603);
    BOOST_TEST(pair_token("EventID", "4688") == 0xe9aab696a49d5abf);
}

BOOST_AUTO_TEST_CASE(a_word_in_any_case_has_the_hash_of_its_lower_case) {
    std::string upper, lower;
    for (int size = 1; size <= 40; ++size) {
        upper += static_cast<char>(size % 7 == 0 ? '0' + size % 10 : 'A' + size % 26);
        lower += static_cast<char>(size % 7 == 0 ? '0' + size % 10 : 'a' + size % 26);
        BOOST_TEST(token_hash::of_lower(upper, word_seed) == word_token(lower));
    }
}

BOOST_AUTO_TEST_CASE(each_bit_of_a_token_depends_on_each_bit_of_the_text) {
    for (const std::size_t size : {1u, 3u, 4u, 7u, 8u, 9u, 16u, 31u}) {
        const std::size_t bits = size * 8;
        int least = 64, most = 0, sum = 0;
        std::string text(size, 'x');
        for (std::size_t bit = 0; bit < bits; ++bit) {
            std::string other = text;
            other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
            const int changed = std::popcount(token_hash::of(text, 1) ^ token_hash::of(other, 1));
            least = std::min(least, changed);
            most = std::max(most, changed);
            sum += changed;
        }
        BOOST_TEST(least >= 12);
        BOOST_TEST(most <= 52);
        BOOST_TEST(sum > static_cast<int>(bits) * 27);
        BOOST_TEST(sum < static_cast<int>(bits) * 37);
    }
}

BOOST_AUTO_TEST_CASE(a_million_words_fall_evenly_and_apart) {
    std::set<std::uint64_t> all;
    std::array<int, 256> low{}, high{};
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t token = word_token(std::to_string(i));
        all.insert(token);
        ++low[token & 255];
        ++high[token >> 56];
    }
    BOOST_TEST(all.size() == 200'000u);
    for (const auto& buckets : {low, high})
        for (const int count : buckets) BOOST_TEST((count > 781 - 200 && count < 781 + 200), count);
}

BOOST_AUTO_TEST_CASE(an_event_has_tokens_of_its_words_keys_and_values) {
    BOOST_TEST(tokens_of(R"({"Image":"C:\\x.EXE","n":-12,"t":true,"nil":null})") ==
               (std::set<std::uint64_t>{key_token("Image"), pair_token("Image", "C:\\x.EXE"), word_token("c"),
                                        word_token("x"), word_token("exe"), key_token("n"), pair_token("n", "-12"),
                                        word_token("12"), key_token("t"), pair_token("t", "true"), word_token("true"),
                                        key_token("nil"), pair_token("nil", "null")}));
}

BOOST_AUTO_TEST_CASE(nested_and_dotted_keys_are_alike_and_elements_have_the_path_of_their_array) {
    BOOST_TEST(tokens_of(R"({"a":{"b":{"c":"v"}}})").contains(pair_token("a.b.c", "v")));
    BOOST_TEST(tokens_of(R"({"a.b":{"c":"v"}})").contains(pair_token("a.b.c", "v")));
    const auto list = tokens_of(R"({"a":[{"b":"1"},"2",["3",{"b":"4"}],"5"],"z":"6"})");
    for (const std::string_view text : {"2", "3", "5"}) BOOST_TEST(list.contains(pair_token("a", text)), text);
    for (const std::string_view text : {"1", "4"}) BOOST_TEST(list.contains(pair_token("a.b", text)), text);
    BOOST_TEST(list.contains(pair_token("z", "6")));
}

BOOST_AUTO_TEST_CASE(escapes_are_decoded_and_letters_folded) {
    const auto all = tokens_of(R"({"\u006b":"p\u006fwer\tR\u00c9SUM)"
                               "\xC3\x89"
                               R"("})");
    BOOST_TEST(all.contains(key_token("k")));
    BOOST_TEST(all.contains(word_token("power")));
    BOOST_TEST(all.contains(word_token("resume")));
    BOOST_TEST(all.contains(pair_token("k", "power\tR\xC3\x89SUM\xC3\x89")));
}

BOOST_AUTO_TEST_CASE(the_filter_of_a_member_has_a_token_of_each_event_that_passes) {
    const auto all = tokens_of(R"({"s":"x y","n":1e3,"z":null,"o":{"a":1},"l":[1, 2],"b":"[1"})");
    BOOST_TEST(all.contains(member_token("s", "x y").value()));
    BOOST_TEST(all.contains(member_token("n", "1e3").value()));
    BOOST_TEST(all.contains(member_token("z", "null").value()));
    BOOST_TEST(all.contains(member_token("o", R"({"a":1})").value()));
    BOOST_TEST(all.contains(member_token("l", "[1, 2]").value()));
    BOOST_TEST(all.contains(member_token("b", "[1").value()));
    BOOST_TEST(!all.contains(member_token("s", "x").value()));
    BOOST_TEST(!all.contains(member_token("S", "x y").value()));
    BOOST_TEST(!member_token(std::string(path_max + 1, 'k'), "x").has_value());
}

BOOST_AUTO_TEST_CASE(a_long_path_costs_nothing_and_has_no_token) {
    const std::string longest(path_max, 'k'), longer(path_max + 1, 'k');
    BOOST_TEST(tokens_of("{\"" + longest + "\":\"v\"}").contains(pair_token(longest, "v")));
    const auto all = tokens_of("{\"" + longer + "\":\"v\",\"z\":{\"" + longest + "\":\"w\"}}");
    BOOST_TEST(all == (std::set<std::uint64_t>{word_token("v"), word_token("w"), key_token("z")}));
}

BOOST_AUTO_TEST_SUITE_END()
