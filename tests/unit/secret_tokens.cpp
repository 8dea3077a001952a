#include "access/secret_token.hpp"

#include "base/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace carrel::access;

namespace {

constexpr token_kind kinds[] = {token_kind::api, token_kind::session};

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_tokens)

BOOST_AUTO_TEST_CASE(a_token_is_read_as_it_was_made) {
    for (const auto kind : kinds) {
        const auto made = make_token(kind);
        const auto parts = parse_token(made.text);
        BOOST_REQUIRE(parts.has_value());
        BOOST_TEST((parts->kind == kind));
        BOOST_TEST(parts->id == made.id);
        BOOST_TEST(hash_of(parts->secret) == made.hash);
        BOOST_TEST(made.text.starts_with(prefix_of(kind)));
        BOOST_TEST(made.text.size() == prefix_of(kind).size() + 62);
    }
}

// The checksum is the CRC-32 (of zlib) of `carrel_0123456789ab_` and 43 times A.
BOOST_AUTO_TEST_CASE(the_format_stays) {
    const std::string text = "carrel_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAt9j4iw";
    const auto parts = parse_token(text);
    BOOST_REQUIRE(parts.has_value());
    BOOST_TEST(parts->id == "0123456789ab");
    BOOST_TEST(parts->secret == std::string(43, 'A'));
}

BOOST_AUTO_TEST_CASE(tokens_are_never_the_same) {
    std::set<std::string> texts, ids;
    for (int i = 0; i < 1000; ++i) {
        const auto made = make_token(token_kind::api);
        texts.insert(made.text);
        ids.insert(made.id);
    }
    BOOST_TEST(texts.size() == 1000u);
    BOOST_TEST(ids.size() == 1000u);
}

BOOST_AUTO_TEST_CASE(a_token_with_any_character_changed_is_none) {
    for (const auto kind : kinds) {
        const auto made = make_token(kind).text;
        for (std::size_t i = 0; i < made.size(); ++i)
            for (int c = 0; c < 256; ++c) {
                auto changed = made;
                changed[i] = static_cast<char>(c);
                if (changed != made && parse_token(changed)) BOOST_ERROR(changed);
            }
    }
}

BOOST_AUTO_TEST_CASE(a_token_that_is_cut_or_longer_is_none) {
    const auto made = make_token(token_kind::session).text;
    for (std::size_t size = 0; size < made.size(); ++size) {
        BOOST_TEST(!parse_token(std::string_view(made).substr(0, size)), size);
        BOOST_TEST(!parse_token(std::string_view(made).substr(made.size() - size)), size);
    }
    for (const auto& wrong : {made + "A", " " + made, made + "\n", made + made, std::string(1 << 20, 'A')})
        BOOST_TEST(!parse_token(wrong));
}

BOOST_AUTO_TEST_CASE(one_kind_is_not_taken_for_the_other) {
    const auto made = make_token(token_kind::session).text;
    BOOST_TEST(!parse_token("carrel_" + made.substr(prefix_of(token_kind::session).size())));
}

// Cookies and the field Authorization take them as they are (RFC 6265 cookie-octet, RFC 6750 b64token).
BOOST_AUTO_TEST_CASE(a_token_needs_no_quoting) {
    for (const auto kind : kinds)
        BOOST_TEST(make_token(kind).text.find_first_not_of(
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_hash_is_the_sha256_of_the_secret) {
    BOOST_TEST(hash_of("abc") == carrel::base::sha256_hex("abc"));
    BOOST_TEST(carrel::base::hex_of(digest_of("abc")) == hash_of("abc"));
    BOOST_TEST(same(digest_of("abc"), digest_of("abc")));
    BOOST_TEST(!same(digest_of("abc"), digest_of("abd")));
}

BOOST_AUTO_TEST_CASE(texts_are_the_same_if_all_of_them_is) {
    BOOST_TEST(same("", ""));
    BOOST_TEST(same("abc", "abc"));
    BOOST_TEST(!same("abc", "abd"));
    BOOST_TEST(!same("abc", "bbc"));
    BOOST_TEST(!same("abc", "abcd"));
    BOOST_TEST(!same("abc", ""));
}

BOOST_AUTO_TEST_SUITE_END()
