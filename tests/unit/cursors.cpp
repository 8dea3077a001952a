#include "base/base64url.hpp"
#include "base/siphash.hpp"
#include "resource/cursor.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::siem;

BOOST_AUTO_TEST_SUITE(cursors)

BOOST_AUTO_TEST_CASE(base64url_goes_there_and_back) {
    BOOST_TEST(to_base64url("\xfb\xff\xfe") == "-__-");
    BOOST_TEST(to_base64url("a") == "YQ");
    std::string bytes;
    for (int c = 0; c < 256; ++c) {
        bytes.push_back(static_cast<char>(c));
        BOOST_TEST((from_base64url(to_base64url(bytes)).value() == bytes));
    }
}

BOOST_AUTO_TEST_CASE(base64url_refuses_what_it_never_makes) {
    for (const char* text : {"Y", "YR", "YQ==", "Y Q", "YQ+/", "ä"})
        BOOST_TEST(!from_base64url(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_cursor_keeps_a_position) {
    for (const carrel::value& sort :
         {carrel::value(std::int64_t{-5}), carrel::value(std::string("a:b\n")), carrel::value(0.1), carrel::value()}) {
        const auto back = decode_cursor(encode_cursor({sort, "id-1"}, "events"), "events");
        BOOST_REQUIRE(back.has_value());
        BOOST_TEST((back->sort == sort));
        BOOST_TEST(back->id == "id-1");
    }
}

// What anyone could make who knows how cursors are made, but not the key.
BOOST_AUTO_TEST_CASE(a_cursor_whose_mark_was_made_with_another_key_is_refused) {
    const auto cursor_made_with = [](const carrel::base::hash_key& key) {
        const std::string binding = "events", position = "4:id-1i7";
        const std::uint64_t hash =
            carrel::base::siphash<2, 4>(key)(std::to_string(binding.size()) + ":" + binding + position);
        std::string mark;
        for (int byte = 0; byte < 8; ++byte) mark.push_back(static_cast<char>(hash >> (8 * byte) & 255));
        return to_base64url(mark + position);
    };
    BOOST_TEST(decode_cursor(cursor_made_with(carrel::base::process_hash_key()), "events").has_value());
    for (const carrel::base::hash_key other : {carrel::base::hash_key{0, 0}, carrel::base::hash_key{1, 2}})
        BOOST_TEST(!decode_cursor(cursor_made_with(other), "events").has_value());
}

BOOST_AUTO_TEST_CASE(a_cursor_is_bound_to_its_list) {
    const std::string cursor = encode_cursor({std::int64_t{1}, "x"}, "alerts\n-0");
    BOOST_TEST(!decode_cursor(cursor, "alerts\n0").has_value());
    BOOST_TEST(!decode_cursor("", "alerts\n-0").has_value());
    BOOST_TEST(!decode_cursor("AAAA", "alerts\n-0").has_value());
    for (std::size_t size = 0; size < cursor.size(); ++size)
        BOOST_TEST(!decode_cursor(cursor.substr(0, size), "alerts\n-0").has_value(), size);
}

// A text as a sort value made a cut cursor another valid one: it answered an empty page.
BOOST_AUTO_TEST_CASE(a_cursor_that_is_cut_or_changed_is_refused_anywhere) {
    const std::string cursor = encode_cursor({std::string("a longer text value"), "id-1"}, "alerts\n-0");
    for (std::size_t size = 0; size < cursor.size(); ++size)
        BOOST_TEST(!decode_cursor(cursor.substr(0, size), "alerts\n-0").has_value(), size);
    for (std::size_t at = 0; at < cursor.size(); ++at) {
        std::string changed = cursor;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        BOOST_TEST(!decode_cursor(changed, "alerts\n-0").has_value(), at);
    }
    // Nor can the boundary between binding and position be moved.
    BOOST_TEST(!decode_cursor(encode_cursor({std::int64_t{1}, "xy"}, "alerts"), "alertsx").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
