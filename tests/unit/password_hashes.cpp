#include "access/password_hash.hpp"
#include "support/sanitized.hpp"

#include <boost/test/unit_test.hpp>

#include <sodium.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <string>

using namespace carrel::access;

namespace {

std::string hash_of_cheaply(std::string_view password) { return hash_password(password, cheapest_hash).value(); }

bool goes_with(std::string_view set, std::string_view typed) { return is_password(hash_of_cheaply(set), typed); }

#ifndef CARREL_SANITIZED
// What a child whose memory may not grow by as much as a hash needs says of a password.
int check_without_memory(const std::string& hash) {
    const auto child = ::fork();
    if (child == 0) {
        const rlimit little{std::size_t{8} << 20, std::size_t{8} << 20};
        ::setrlimit(RLIMIT_AS, &little);
        try {
            ::_exit(is_password(hash, "right") ? 1 : 2);
        } catch (const std::bad_alloc&) {
            ::_exit(3);
        }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(password_hashes)

BOOST_AUTO_TEST_CASE(a_password_is_known_again_and_no_other_is) {
    const auto hash = hash_password("correct horse battery staple").value();
    BOOST_TEST(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), hash);
    BOOST_TEST(is_password(hash, "correct horse battery staple"));
    BOOST_TEST(!is_password(hash, "correct horse battery stapl"));
    BOOST_TEST(!is_password(hash, "correct horse battery staple "));
    BOOST_TEST(!is_password(hash, ""));
}

BOOST_AUTO_TEST_CASE(equal_passwords_have_different_hashes) {
    BOOST_TEST(hash_of_cheaply("same") != hash_of_cheaply("same"));
}

BOOST_AUTO_TEST_CASE(what_follows_a_nul_counts) {
    using namespace std::string_view_literals;
    BOOST_TEST(goes_with("one\0two"sv, "one\0two"sv));
    BOOST_TEST(!goes_with("one\0two"sv, "one\0twx"sv));
    BOOST_TEST(!goes_with("one\0two"sv, "one"sv));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_long_password_counts) {
    const std::string kilobyte(1024, 'x'), longest(password_bytes_max, 'x');
    BOOST_TEST(goes_with(kilobyte + "a", kilobyte + "a"));
    BOOST_TEST(!goes_with(kilobyte + "a", kilobyte + "b"));
    BOOST_TEST(goes_with(longest, longest));
    BOOST_TEST(hash_password(longest + "x", cheapest_hash).has_error());
    BOOST_TEST(!is_password(hash_of_cheaply(longest), longest + "x"));
}

BOOST_AUTO_TEST_CASE(a_password_is_what_was_typed_and_not_how_a_keyboard_wrote_it) {
    BOOST_TEST(goes_with("Z\u00FCrich", "Zu\u0308rich"));                 // composed or not
    BOOST_TEST(goes_with("\u1112\u1161\u11AB", "\uD55C"));                // Hangul of three letters
    BOOST_TEST(goes_with("two\u00A0words\u3000here", "two words here"));  // spaces that look like one
    BOOST_TEST(!goes_with("\uFB01sh", "fish"));                           // a ligature is something else
    BOOST_TEST(!goes_with("x\u00B2", "x2"));
    BOOST_TEST(!goes_with("\uFF41bc", "abc"));
    BOOST_TEST(!goes_with("Stra\u00DFe", "Strasse"));
    BOOST_TEST(!goes_with("Password", "password"));
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_is_no_password) {
    for (const auto* bytes : {"\xff", "abc\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
        BOOST_TEST(hash_password(bytes, cheapest_hash).has_error());
        BOOST_TEST(!is_password(hash_of_cheaply(""), bytes));
    }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_hash_matches_nothing) {
    const auto real = hash_of_cheaply("right");
    const std::string wrong[] = {"",
                                 "right",
                                 "$argon2id$",
                                 "$2b$10$abcdefghijklmnopqrstuuVxX8sVv5k1wqQ6u7lG9cFz4m6yK7a2e",
                                 real.substr(0, real.size() - 1),
                                 real + "A",
                                 real + std::string(1, '\0'),
                                 real + std::string(200, 'A'),
                                 "$argon2i" + real.substr(9),
                                 "$argon2id$v=19$m=8,t=0,p=1" + real.substr(real.find("p=1") + 3),
                                 "$argon2id$v=19$m=7,t=1,p=1" + real.substr(real.find("p=1") + 3),
                                 "$argon2id$v=19$m=08,t=1,p=1" + real.substr(real.find("p=1") + 3),
                                 "$argon2id$v=19$m=8,t=1,p=2" + real.substr(real.find("p=1") + 3),
                                 "$argon2id$v=19$m=99999999999999999999,t=1,p=1" + real.substr(real.find("p=1") + 3)};
    for (const auto& each : wrong) {
        BOOST_TEST(!is_password(each, "right"), each);
        BOOST_TEST(needs_rehash(each, cheapest_hash), each);
    }
    BOOST_TEST(is_password(real, "right"));
}

// Of libsodium's crypto_pwhash_str, so a database is not bound to this code.
BOOST_AUTO_TEST_CASE(a_hash_is_one_of_the_librarys_too) {
    BOOST_REQUIRE(::sodium_init() >= 0);
    const auto ours = hash_of_cheaply("text");
    BOOST_TEST(::crypto_pwhash_str_verify(ours.c_str(), "text", 4) == 0);
    char theirs[crypto_pwhash_STRBYTES];
    BOOST_REQUIRE(::crypto_pwhash_str(theirs, "text", 4, 3, 16 << 10) == 0);
    BOOST_TEST(is_password(theirs, "text"));
    BOOST_TEST(!needs_rehash(theirs, {3, 16 << 10}));
}

BOOST_AUTO_TEST_CASE(a_hash_of_another_cost_is_to_be_made_again) {
    const auto hash = hash_of_cheaply("text");
    BOOST_TEST(!needs_rehash(hash, cheapest_hash));
    BOOST_TEST(needs_rehash(hash));
    BOOST_TEST(needs_rehash(hash, {2, cheapest_hash.bytes}));
    BOOST_TEST(needs_rehash(hash, {1, 2 * cheapest_hash.bytes}));
    BOOST_TEST(!needs_rehash(hash, {0, 0}), "a cost below the least is the least");
    BOOST_TEST(is_password(hash_password("text", {0, 0}).value(), "text"));
}

#ifndef CARREL_SANITIZED  // a sanitizer needs memory of its own
BOOST_AUTO_TEST_CASE(a_lack_of_memory_is_no_wrong_password) {
    const auto hash = hash_password("right", {1, std::size_t{64} << 20}).value();
    BOOST_TEST(check_without_memory(hash) == 3);
    BOOST_TEST(check_without_memory("$argon2id$no hash") == 3);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
