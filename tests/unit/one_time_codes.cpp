#include "access/recovery_codes.hpp"
#include "access/secret_token.hpp"
#include "access/totp.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace carrel::access;

namespace {

constexpr std::string_view rfc_secret = "12345678901234567890";
constexpr std::int64_t second = 1'000'000;

// The time of a step's middle.
std::int64_t in_step(std::int64_t step) { return step * totp_step_us + 15 * second; }

}  // namespace

BOOST_AUTO_TEST_SUITE(one_time_codes)

// RFC 4648 section 10, without the padding.
BOOST_AUTO_TEST_CASE(base32_has_the_vectors_of_its_rfc) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "MY"},
                                                           {"fo", "MZXQ"},
                                                           {"foo", "MZXW6"},
                                                           {"foob", "MZXW6YQ"},
                                                           {"fooba", "MZXW6YTB"},
                                                           {"foobar", "MZXW6YTBOI"}};
    for (const auto& [bytes, text] : vectors) {
        BOOST_TEST(to_base32(bytes) == text);
        BOOST_TEST(from_base32(text).value() == bytes);
    }
}

BOOST_AUTO_TEST_CASE(base32_is_read_as_people_copy_it) {
    for (const auto* text : {"mzxw6ytboi", "MZXW 6YTB OI", "mzxw-6ytb-oi", "MZXW6YTBOI======"})
        BOOST_TEST(from_base32(text).value_or("none") == "foobar", text);
    for (const auto* text : {"M", "MZX", "MZXW6Y", "MZ", "MZXW6YTBOI=", "MZXW6YTB========", "=", "MY=Y", "M1", "M0",
                             "M8", "MY\n", "M\xC3\x9C"})
        BOOST_TEST(!from_base32(text), text);
}

// RFC 6238 appendix B has eight digits; ours are the last six of them.
BOOST_AUTO_TEST_CASE(codes_have_the_vectors_of_their_rfc) {
    const std::pair<std::int64_t, const char*> vectors[] = {{59, "287082"},         {1111111109, "081804"},
                                                            {1111111111, "050471"}, {1234567890, "005924"},
                                                            {2000000000, "279037"}, {20000000000, "353130"}};
    for (const auto& [at, code] : vectors) {
        BOOST_TEST(totp_code(rfc_secret, at / 30) == code);
        BOOST_TEST(matching_step(rfc_secret, code, at * second, -1).value_or(-9) == at / 30);
    }
}

BOOST_AUTO_TEST_CASE(a_code_is_good_one_step_early_and_one_step_late) {
    const auto code = totp_code(rfc_secret, 1000);
    for (const auto at : {999, 1000, 1001})
        BOOST_TEST(matching_step(rfc_secret, code, in_step(at), -1).value_or(-9) == 1000);
    for (const auto at : {998, 1002, 0}) BOOST_TEST(!matching_step(rfc_secret, code, in_step(at), -1), at);
    BOOST_TEST(!matching_step(rfc_secret, code, 1002 * totp_step_us, -1));
    BOOST_TEST(matching_step(rfc_secret, code, 1002 * totp_step_us - 1, -1).value_or(-9) == 1000);
}

BOOST_AUTO_TEST_CASE(a_code_is_good_once) {
    const auto code = totp_code(rfc_secret, 1000);
    const auto used = matching_step(rfc_secret, code, in_step(1000), 999).value_or(-9);
    BOOST_TEST(used == 1000);
    BOOST_TEST(!matching_step(rfc_secret, code, in_step(1000), used));
    BOOST_TEST(!matching_step(rfc_secret, totp_code(rfc_secret, 999), in_step(1000), used), "nor one from before it");
    BOOST_TEST(matching_step(rfc_secret, totp_code(rfc_secret, 1001), in_step(1001), used).value_or(-9) == 1001);
}

BOOST_AUTO_TEST_CASE(only_six_digits_are_a_code) {
    const auto code = totp_code(rfc_secret, 1000);
    BOOST_TEST(matching_step(rfc_secret, code.substr(0, 3) + " " + code.substr(3), in_step(1000), -1).has_value());
    for (const auto& wrong : {code.substr(1), code + "0", code.substr(0, 5) + "x", std::string(), std::string(6, ' '),
                              "-" + code.substr(1), std::string(100'000, '1')})
        BOOST_TEST(!matching_step(rfc_secret, wrong, in_step(1000), -1));
    BOOST_TEST(!matching_step("another secret", code, in_step(1000), -1));
}

BOOST_AUTO_TEST_CASE(times_without_a_step_have_no_code) {
    for (const std::int64_t at : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, -totp_step_us})
        for (std::int64_t step = -2; step < 0; ++step)
            BOOST_TEST(!matching_step(rfc_secret, totp_code(rfc_secret, step), at, -100));
    BOOST_TEST(matching_step(rfc_secret, totp_code(rfc_secret, 0), 0, -1).value_or(-9) == 0);
    matching_step(rfc_secret, "123456", std::numeric_limits<std::int64_t>::max(), -1);
}

BOOST_AUTO_TEST_CASE(the_link_names_the_account_whatever_is_in_it) {
    BOOST_TEST(otpauth_uri("foobar", "anna", "carrel") ==
               "otpauth://totp/carrel:anna?secret=MZXW6YTBOI&issuer=carrel&algorithm=SHA1&digits=6&period=30");
    const auto link = otpauth_uri("foobar", "a&b=c?d:e/\u00FC\n", "my carrel");
    BOOST_TEST(link.starts_with("otpauth://totp/my%20carrel:a%26b%3dc%3fd%3ae%2f%c3%bc%0a?secret="), link);
}

BOOST_AUTO_TEST_CASE(secrets_are_20_bytes_and_never_the_same) {
    BOOST_TEST(new_totp_secret().size() == 20u);
    BOOST_TEST(new_totp_secret() != new_totp_secret());
}

BOOST_AUTO_TEST_CASE(recovery_codes_are_ten_and_different) {
    const auto codes = new_recovery_codes();
    BOOST_TEST(std::set<std::string>(codes.begin(), codes.end()).size() == 10u);
    for (const auto& each : codes) {
        BOOST_TEST(each.size() == 11u);
        BOOST_TEST(normalized_recovery_code(each).value_or("none") == each);
        BOOST_TEST(each.find_first_of("ilou") == std::string::npos, each);
    }
}

// Fewer would mean that an alphabet of 32 is not used in full: 3000 draws miss one symbol once in 10^40.
BOOST_AUTO_TEST_CASE(recovery_codes_use_every_symbol) {
    std::set<char> seen;
    for (int i = 0; i < 30; ++i)
        for (const auto& each : new_recovery_codes()) seen.insert(each.begin(), each.end());
    BOOST_TEST(seen.size() == 33u, "32 symbols and the hyphen");
}

BOOST_AUTO_TEST_CASE(a_recovery_code_is_read_as_people_write_it) {
    for (const auto* typed : {"01ab3-9xyz1", "01AB3-9XYZ1", "o1ab3 9xyzl", "OIab39xyz1", " 01ab3--9xyz1 "})
        BOOST_TEST(normalized_recovery_code(typed).value_or("none") == "01ab3-9xyz1", typed);
    for (const auto* typed :
         {"", "01ab3-9xyz", "01ab3-9xyz11", "01ab3-9xyzu", "01ab3-9xyz\n", "01ab3_9xyz1", "----------"})
        BOOST_TEST(!normalized_recovery_code(typed), typed);
}

BOOST_AUTO_TEST_CASE(a_recovery_code_belongs_to_one_user) {
    const auto hash = recovery_code_hash("user-1", "01ab3-9xyz1");
    BOOST_TEST(hash.size() == 64u);
    BOOST_TEST(same(hash, recovery_code_hash("user-1", "01ab3-9xyz1")));
    BOOST_TEST(!same(hash, recovery_code_hash("user-2", "01ab3-9xyz1")));
    BOOST_TEST(!same(hash, recovery_code_hash("user-1", "01ab3-9xyz2")));
    BOOST_TEST(recovery_code_hash("a", "bc") != recovery_code_hash("ab", "c"));
}

BOOST_AUTO_TEST_SUITE_END()
