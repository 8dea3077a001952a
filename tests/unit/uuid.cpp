#include "base/uuid.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using carrel::siem::is_valid_id;
using carrel::siem::parse_uuid;
using carrel::siem::text_of;
using carrel::siem::uuid_generator;

BOOST_AUTO_TEST_SUITE(uuid)

BOOST_AUTO_TEST_CASE(an_id_is_a_uuid_of_version_7_that_begins_with_the_time) {
    uuid_generator make;
    const std::string id = text_of(make.next(0x0123456789ab));
    BOOST_REQUIRE(id.size() == 36u);
    BOOST_TEST(id.substr(0, 15) == "01234567-89ab-7");
    BOOST_TEST((std::string("89ab").find(id[19]) != std::string::npos));
    BOOST_TEST(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
    BOOST_TEST(is_valid_id(id));
}

BOOST_AUTO_TEST_CASE(ids_grow_within_a_millisecond_and_when_the_clock_goes_back) {
    uuid_generator make(1);
    std::string last = text_of(make.next(1000));
    for (int i = 0; i < 100'000; ++i) {
        std::string next = text_of(make.next(i % 3 == 0 ? 999 : 1000));
        BOOST_REQUIRE(last < next);
        last = std::move(next);
    }
    BOOST_TEST(last < text_of(make.next(2000)));
}

BOOST_AUTO_TEST_CASE(an_id_is_the_same_after_it_was_text_and_in_the_same_order) {
    uuid_generator make(1);
    auto last = make.next(1000);
    for (int i = 0; i < 1'000; ++i) {
        const auto id = make.next(1000);
        BOOST_TEST((parse_uuid(text_of(id)) == id));
        BOOST_TEST((last < id));
        last = id;
    }
    const std::string text = text_of(last);
    BOOST_TEST(!parse_uuid(text.substr(1)).has_value());
    BOOST_TEST(!parse_uuid(text + "0").has_value());
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string wrong = text;
        wrong[at] = 'G';
        BOOST_TEST(!parse_uuid(wrong).has_value());
    }
}

BOOST_AUTO_TEST_CASE(two_generators_do_not_make_the_same_ids) {
    uuid_generator one, other;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        seen.insert(text_of(one.next(5)));
        seen.insert(text_of(other.next(5)));
    }
    BOOST_TEST(seen.size() == 2000u);
}

BOOST_AUTO_TEST_CASE(an_id_of_a_client_is_1_to_128_letters_digits_underscores_and_hyphens) {
    BOOST_TEST(is_valid_id("a"));
    BOOST_TEST(is_valid_id("Alert_7-x"));
    BOOST_TEST(is_valid_id(std::string(128, 'z')));
    BOOST_TEST(!is_valid_id(""));
    BOOST_TEST(!is_valid_id(std::string(129, 'z')));
    for (const char* id : {"a b", "a/b", "ä", "a.b", "a'b", "a\n"}) BOOST_TEST(!is_valid_id(id), id);
}

BOOST_AUTO_TEST_SUITE_END()
