#include "access/password_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace carrel::access;

namespace {

std::string fault(std::string_view password, const password_policy& policy = {}, std::string_view user = "analyst-1") {
    return fault_of(policy, user, password).value_or("none");
}

password_policy without_rules() {
    password_policy policy;
    policy.length_min = 0, policy.length_max = 0, policy.classes_min = 0;
    return policy;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(password_policies)

BOOST_AUTO_TEST_CASE(length_is_counted_in_characters) {
    BOOST_TEST(fault("Tr0ubador-xy") == "none");
    BOOST_TEST(fault("Tr0ubador-x") == "must have at least 12 characters");
    BOOST_TEST(fault("Tr0\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9") == "must have at least 12 characters");
    BOOST_TEST(fault("Tr0\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9") == "none");
    // Eleven in form C, whatever the keyboard makes of it.
    BOOST_TEST(fault("Tr0ubador-e\u0301") == "must have at least 12 characters");
    BOOST_TEST(fault("Aa1" + std::string(125, 'x')) == "none");
    BOOST_TEST(fault("Aa1" + std::string(126, 'x')) == "must have at most 128 characters");
    BOOST_TEST(fault(std::string(5000, 'x'), without_rules()) == "must have at most 4096 bytes");
    BOOST_TEST(fault("", without_rules()) == "must not be empty");
}

BOOST_AUTO_TEST_CASE(three_of_four_classes_are_needed) {
    const std::string clause =
        "must have at least 3 of: lower-case letters, upper-case letters, digits, other characters";
    BOOST_TEST(fault("correcthorsebattery") == clause);
    BOOST_TEST(fault("Correcthorsebattery") == clause);
    BOOST_TEST(fault("correct horse battery") == clause);
    BOOST_TEST(fault("Correct horse battery") == "none");
    BOOST_TEST(fault("correct horse 7attery") == "none");
    BOOST_TEST(fault("\u00C4pfel und b\u00E4ume") == "none", "letters beyond ASCII have a case too");
    BOOST_TEST(fault("\u043F\u0430\u0440\u043E\u043B\u044C\u0434\u043B\u044F\u0432\u0445\u043E\u0434\u0430") == clause);
    auto four = password_policy{};
    four.classes_min = 4;
    BOOST_TEST(fault("Correct horse 7attery", four) == "none");
    BOOST_TEST(fault("Correct horse battery", four).starts_with("must have at least 4 of:"));
}

BOOST_AUTO_TEST_CASE(the_name_of_the_user_is_not_in_it) {
    const std::string clause = "must not contain the name of the user";
    BOOST_TEST(fault("xx-ANALYST-1-yy") == clause);
    BOOST_TEST(fault("xx-Analyst-2-yy") == "none");
    BOOST_TEST(fault("xx-J\u00D6RG-y1", {}, "j\u00F6rg") == "must have at least 12 characters");
    BOOST_TEST(fault("xx-J\u00D6RG-yyyyy1", {}, "j\u00F6rg") == clause);
    BOOST_TEST(fault("Correct horse battery", {}, "") == "none");
}

BOOST_AUTO_TEST_CASE(the_most_used_passwords_are_refused_with_digits_and_signs_around_them) {
    const std::string clause = "must not be one of the most used passwords";
    for (const auto* each :
         {"Password2026!", "Password1234", "!!Welcome12345", "Changeme-2026", "QwertyUiop123", "Winter2026!!!"})
        BOOST_TEST(fault(each) == clause, each);
    for (const auto* each : {"password", "letmein", "admin", "123456", "000000", "9876543210", "8901234", "root"})
        BOOST_TEST(fault(each, without_rules()) == clause, each);
    for (const auto* each : {"Password of mine 1", "Dragonfly-2026", "9482-x-7710!", "8273645"})
        BOOST_TEST(fault(each, without_rules()) == "none", each);
}

BOOST_AUTO_TEST_CASE(what_nobody_can_type_is_refused) {
    using namespace std::string_view_literals;
    BOOST_TEST(fault("Correct\0horse battery"sv) == "must not have control characters");
    BOOST_TEST(fault("Correct horse\nbattery") == "must not have control characters");
    BOOST_TEST(fault("Correct horse\u0085battery") == "must not have control characters");
    BOOST_TEST(fault("Correct horse batter\xc3") == "must be valid UTF-8");
}

BOOST_AUTO_TEST_CASE(no_fault_shows_the_password) {
    for (const auto* each : {"short-Xy", "alllowercaseletters", "xx-analyst-1-Zy", "Password2026!"})
        BOOST_TEST(fault(each).find(each) == std::string::npos, each);
}

BOOST_AUTO_TEST_CASE(a_rule_of_zero_is_none) {
    BOOST_TEST(fault("z", without_rules()) == "none");
    BOOST_TEST(fault(std::string(4096, 'z'), without_rules()) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
