// SHA-256 against the examples of FIPS 180-4 and of NIST's CAVP, and against every way to cut its input.
#include "base/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using carrel::base::sha256;
using carrel::base::sha256_hex;

BOOST_AUTO_TEST_SUITE(sha256_digest)

BOOST_AUTO_TEST_CASE(known_answers) {
    BOOST_TEST(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    BOOST_TEST(sha256_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                          "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
               "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    BOOST_TEST(sha256_hex(std::string(1'000'000, 'a')) ==
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    BOOST_TEST(sha256_hex("\xd3") == "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
}

BOOST_AUTO_TEST_CASE(pieces_give_the_same_as_the_whole) {
    for (std::size_t length : {1u, 55u, 56u, 63u, 64u, 65u, 119u, 120u, 128u, 200u}) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(i * 7));
        sha256 whole;
        whole.update(text);
        for (std::size_t cut = 0; cut <= length; ++cut) {
            sha256 pieces;
            pieces.update(text.substr(0, cut));
            BOOST_TEST((pieces.value() == pieces.value()));
            pieces.update(text.substr(cut));
            BOOST_TEST((pieces.value() == whole.value()), length << " cut at " << cut);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_processor_s_instructions_give_what_the_portable_code_gives) {
    if (!sha256::has_instructions()) return;
    std::mt19937 source(1);
    for (int round = 0; round < 1'000; ++round) {
        std::array<unsigned char, 64> block;
        for (auto& byte : block) byte = static_cast<unsigned char>(source());
        sha256::words portable;
        for (auto& word : portable) word = static_cast<std::uint32_t>(source());
        auto native = portable;
        sha256::compress(portable, block.data());
        sha256::compress_natively(native, block.data());
        BOOST_REQUIRE(native == portable);
    }
}

BOOST_AUTO_TEST_SUITE_END()
