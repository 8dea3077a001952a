#include "base/siphash.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using carrel::base::hash_key;
using carrel::base::siphash;

BOOST_AUTO_TEST_SUITE(siphashes)

// The first vectors of the authors' reference: the key is 00 01 … 0f, the text 00 01 … of growing length.
BOOST_AUTO_TEST_CASE(the_reference_vectors_hold) {
    const hash_key key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    const std::uint64_t expected[] = {0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
                                      0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
                                      0x93f5f5799a932462, 0x9e0082df0ba9e4b0};
    std::string text;
    for (const std::uint64_t each : expected) {
        BOOST_TEST((siphash<2, 4>(key)(text) == each), text.size());
        text.push_back(static_cast<char>(text.size()));
    }
}

BOOST_AUTO_TEST_CASE(another_key_gives_another_hash) {
    BOOST_TEST(siphash<>({1, 2})("text") != siphash<>({1, 3})("text"));
    BOOST_TEST(carrel::base::keyed_hash("text") == carrel::base::keyed_hash("text"));
}

BOOST_AUTO_TEST_CASE(the_key_of_the_process_is_drawn) {
    const auto& key = carrel::base::process_hash_key();
    BOOST_TEST(key.first != 0u);
    BOOST_TEST(key.second != 0u);
    BOOST_TEST(key.first != key.second);
    BOOST_TEST(carrel::base::keyed_hash("text") == siphash<>(key)("text"));
    BOOST_TEST(carrel::base::keyed_hash("text") != siphash<>({0, 0})("text"));
}

BOOST_AUTO_TEST_SUITE_END()
