#include "indicators/address.hpp"
#include "indicators/normalize.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::indicators;

namespace {

// The normalized text, or `!` and the reason.
std::string form(kind of, std::string_view value) {
    const auto made = normalize(of, value);
    if (const auto* why = std::get_if<refusal>(&made)) return "!" + why->reason;
    return std::get<normalized>(made).text;
}

struct row {
    kind of;
    std::string_view value, expected;  // a text, or `!` and the beginning of a reason
};

template <std::size_t Count>
void check(const row (&rows)[Count]) {
    for (const auto& [of, value, expected] : rows) {
        const auto got = form(of, value);
        const bool is_right = expected.starts_with('!') ? got.starts_with(expected) : got == expected;
        BOOST_TEST(is_right, name_of(of) << " `" << value << "` gives `" << got << "`, not `" << expected << "`");
        // What is normalized stays as it is.
        if (!got.starts_with('!')) BOOST_TEST(form(of, got) == got);
    }
}

constexpr std::string_view md5 = "D41D8CD98F00B204E9800998ECF8427E";

}  // namespace

BOOST_AUTO_TEST_SUITE(indicator_values)

BOOST_AUTO_TEST_CASE(addresses_have_one_form) {
    check({
        {kind::ip, "192.0.2.1", "192.0.2.1"},
        {kind::ip, "  192.0.2.1\r\n", "192.0.2.1"},
        {kind::ip, "0.0.0.0", "0.0.0.0"},
        {kind::ip, "255.255.255.255", "255.255.255.255"},
        {kind::ip, "192[.]0[.]2[.]1", "192.0.2.1"},
        {kind::ip, "192(.)0[.]2[dot]1", "192.0.2.1"},
        {kind::ip, "192.0.2.01", "!has leading zeros"},
        {kind::ip, "010.0.0.1", "!has leading zeros"},
        {kind::ip, "192.0.2", "!is no address"},
        {kind::ip, "192.0.2.1.1", "!is no address"},
        {kind::ip, "192.0.2.256", "!is no address"},
        {kind::ip, "192.0.2.-1", "!is no address"},
        {kind::ip, "3221225985", "!is no address"},
        {kind::ip, "0xC0.0.2.1", "!is no address"},
        {kind::ip, "192.0.2.1:80", "!has a port"},
        {kind::ip, "192.0.2.0/24", "!is a network"},
        {kind::ip, "evil.example", "!is no address"},
        {kind::ip, "", "!is empty"},
        {kind::ip, " \t ", "!is empty"},
        {kind::ip, "2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {kind::ip, "2001:db8::0001", "2001:db8::1"},
        {kind::ip, "[2001:db8::1]", "2001:db8::1"},
        {kind::ip, "2001[:]db8[:][:]1", "2001:db8::1"},
        {kind::ip, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {kind::ip, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {kind::ip, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {kind::ip, "0:0:0:0:0:0:0:0", "::"},
        {kind::ip, "::", "::"},
        {kind::ip, "::1", "::1"},
        {kind::ip, "1::", "1::"},
        {kind::ip, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {kind::ip, "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {kind::ip, "::ffff:192.0.2.1", "192.0.2.1"},
        {kind::ip, "::FFFF:c000:0201", "192.0.2.1"},
        {kind::ip, "::192.0.2.1", "::c000:201"},
        {kind::ip, "64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {kind::ip, "fe80::1%eth0", "!has a zone"},
        {kind::ip, "1:2:3:4:5:6:7:8:9", "!is no address of IPv6"},
        {kind::ip, "1:2:3:4:5:6:7", "!is no address of IPv6"},
        {kind::ip, "1:2:3:4:5:6:7::8", "!is no address of IPv6"},
        {kind::ip, "1::2::3", "!is no address of IPv6"},
        {kind::ip, ":::", "!is no address of IPv6"},
        {kind::ip, ":1:2:3:4:5:6:7", "!is no address of IPv6"},
        {kind::ip, "1:2:3:4:5:6:7:", "!is no address of IPv6"},
        {kind::ip, "12345::", "!is no address of IPv6"},
        {kind::ip, "g::1", "!is no address of IPv6"},
        {kind::ip, "::192.0.2.1:1", "!is no address of IPv6"},
        {kind::ip, "1:2:3:4:5:6:7:192.0.2.1", "!is no address of IPv6"},
    });
}

BOOST_AUTO_TEST_CASE(networks_have_one_form) {
    check({
        {kind::cidr, "192.0.2.0/24", "192.0.2.0/24"},
        {kind::cidr, "192.0.2.77/24", "192.0.2.0/24"},
        {kind::cidr, "192.0.2.255/25", "192.0.2.128/25"},
        {kind::cidr, "192.0.2.1/32", "192.0.2.1/32"},
        {kind::cidr, "192.0.2.1/0", "0.0.0.0/0"},
        {kind::cidr, "192[.]0[.]2[.]0/24", "192.0.2.0/24"},
        {kind::cidr, "2001:DB8:FFFF::1/33", "2001:db8:8000::/33"},
        {kind::cidr, "2001:db8::1/128", "2001:db8::1/128"},
        {kind::cidr, "2001:db8::1/0", "::/0"},
        {kind::cidr, "::ffff:192.0.2.77/120", "192.0.2.0/24"},
        {kind::cidr, "::ffff:192.0.2.77/95", "::fffe:0:0/95"},
        {kind::cidr, "192.0.2.0", "!has no /"},
        {kind::cidr, "192.0.2.0/33", "!has a number of bits"},
        {kind::cidr, "192.0.2.0/024", "!has a number of bits"},
        {kind::cidr, "192.0.2.0/", "!has a number of bits"},
        {kind::cidr, "192.0.2.0/-1", "!has a number of bits"},
        {kind::cidr, "192.0.2.0/255.255.255.0", "!has a number of bits"},
        {kind::cidr, "2001:db8::/129", "!has a number of bits"},
        {kind::cidr, "192.0.2/24", "!is no address"},
    });
    const auto some = parse_network("192.0.2.0/25").value();
    BOOST_TEST(some.contains(parse_address("192.0.2.127").value()));
    BOOST_TEST(!some.contains(parse_address("192.0.2.128").value()));
    BOOST_TEST(!some.contains(parse_address("c000:200::").value()));
    BOOST_TEST(parse_network("::/0")->contains(parse_address("2001:db8::1").value()));
}

BOOST_AUTO_TEST_CASE(domains_have_one_form) {
    const std::string long_label(63, 'a'), longer_label(64, 'a');
    BOOST_TEST(form(kind::domain, long_label + ".example") == long_label + ".example");
    BOOST_TEST(form(kind::domain, longer_label + ".example") == "!has a label of more than 63 characters");
    const std::string longest = long_label + "." + long_label + "." + long_label + "." + std::string(61, 'b');
    BOOST_TEST(form(kind::domain, longest) == longest);
    BOOST_TEST(form(kind::domain, longest + "b") == "!has more than 253 characters");
    check({
        {kind::domain, "Evil.Example", "evil.example"},
        {kind::domain, "evil.example.", "evil.example"},
        {kind::domain, "evil[.]example", "evil.example"},
        {kind::domain, "evil(dot)example", "evil.example"},
        {kind::domain, "evil[DOT]example", "evil.example"},
        {kind::domain, "_dmarc.evil.example", "_dmarc.evil.example"},
        {kind::domain, "a-b.c--d.example", "a-b.c--d.example"},
        {kind::domain, "1.2.3.example", "1.2.3.example"},
        {kind::domain, "xn--MNCHEN-3YA.example", "xn--mnchen-3ya.example"},
        {kind::domain, "m\u00fcnchen.example", "xn--mnchen-3ya.example"},
        {kind::domain, "M\u00dcNCHEN.example", "xn--mnchen-3ya.example"},
        {kind::domain, "mu\u0308nchen.example", "xn--mnchen-3ya.example"},
        {kind::domain, "b\u00fccher.example", "xn--bcher-kva.example"},
        {kind::domain, "stra\u00dfe.example", "xn--strae-oqa.example"},
        {kind::domain, "\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"},
        {kind::domain, "\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"},
        {kind::domain, "\uff45vil.example", "evil.example"},
        {kind::domain, "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"},
        {kind::domain, "evil\u202e.example", "!has a character"},
        {kind::domain, "evil..example", "!has an empty label"},
        {kind::domain, ".evil.example", "!has an empty label"},
        {kind::domain, ".", "!has an empty label"},
        {kind::domain, "-evil.example", "!has a label with a hyphen"},
        {kind::domain, "evil-.example", "!has a label with a hyphen"},
        {kind::domain, "evil example", "!has a character"},
        {kind::domain, "evil.exam/ple", "!has a character"},
        {kind::domain, "*.evil.example", "!is a pattern"},
        {kind::domain, "localhost", "!has a single label"},
        {kind::domain, "192.0.2.1", "!ends in a number"},
        {kind::domain, "http://evil.example", "!has a character"},
    });
}

BOOST_AUTO_TEST_CASE(hashes_have_one_form) {
    const std::string sha1(40, 'A'), sha256(64, 'b'), sha512(128, 'C');
    BOOST_TEST(form(kind::hash, md5) == "d41d8cd98f00b204e9800998ecf8427e");
    BOOST_TEST(form(kind::hash, sha1) == std::string(40, 'a'));
    BOOST_TEST(form(kind::hash, sha256) == sha256);
    BOOST_TEST(form(kind::hash, sha512) == std::string(128, 'c'));
    BOOST_TEST(form(kind::hash, "SHA256:" + sha256) == sha256);
    BOOST_TEST(form(kind::hash, "md5:" + sha256).starts_with("!has a prefix"));
    BOOST_TEST(form(kind::ja3, md5) == "d41d8cd98f00b204e9800998ecf8427e");
    BOOST_TEST(form(kind::ja3, sha1).starts_with("!has not 32"));
    check({
        {kind::hash, "d41d8cd98f00b204e9800998ecf8427", "!has not 32, 40, 64 or 128"},
        {kind::hash, "g41d8cd98f00b204e9800998ecf8427e", "!has a character"},
        {kind::hash, "md5:", "!has a prefix"},
        {kind::ja3, "ge", "!has not 32"},
    });
}

BOOST_AUTO_TEST_CASE(urls_have_one_form) {
    check({
        {kind::url, "HTTP://Evil.Example/Path?Q=A", "http://evil.example/Path?Q=A"},
        {kind::url, "http://evil.example", "http://evil.example/"},
        {kind::url, "http://evil.example?a=b", "http://evil.example/?a=b"},
        {kind::url, "http://evil.example:80/a", "http://evil.example/a"},
        {kind::url, "https://evil.example:443/a", "https://evil.example/a"},
        {kind::url, "https://evil.example:80/a", "https://evil.example:80/a"},
        {kind::url, "ftp://evil.example:21/", "ftp://evil.example/"},
        {kind::url, "http://evil.example:/a", "http://evil.example/a"},
        {kind::url, "http://evil.example/a#part", "http://evil.example/a"},
        {kind::url, "http://evil.example#part", "http://evil.example/"},
        {kind::url, "http://evil.example./a", "http://evil.example/a"},
        {kind::url, "hxxp://evil[.]example/a", "http://evil.example/a"},
        {kind::url, "hXXps://evil[.]example/a", "https://evil.example/a"},
        {kind::url, "hxxp[://]evil[.]example/a[.]b", "http://evil.example/a[.]b"},
        {kind::url, "hxxp[:]//evil.example/a", "http://evil.example/a"},
        {kind::url, "fxp://evil.example/a", "ftp://evil.example/a"},
        {kind::url, "http://192.0.2.1:8080/x", "http://192.0.2.1:8080/x"},
        {kind::url, "http://[2001:DB8::0:1]/x", "http://[2001:db8::1]/x"},
        {kind::url, "http://[2001:db8::1]:80/x", "http://[2001:db8::1]/x"},
        {kind::url, "http://[::ffff:192.0.2.1]/x", "http://192.0.2.1/x"},
        {kind::url, "http://m\u00fcnchen.example/\u00fc", "http://xn--mnchen-3ya.example/\u00fc"},
        {kind::url, "http://User:Pass@Evil.example/", "http://User:Pass@evil.example/"},
        {kind::url, "http://a@b@evil.example/", "http://a@b@evil.example/"},
        {kind::url, "http://evil.example/%3a%2F%zz", "http://evil.example/%3A%2F%zz"},
        {kind::url, "http://evil.example/a/../b", "http://evil.example/a/../b"},
        {kind::url, "http://localhost/a", "http://localhost/a"},
        {kind::url, "http://a[[.]]b@evil.example/", "!has a character before the @"},
        {kind::url, "hxx://evil.example/", "!has a scheme"},
        {kind::url, "http://evil.example/a b", "!has a character"},
        {kind::url, "evil.example/a", "!has no scheme"},
        {kind::url, "http:evil.example", "!has no scheme"},
        {kind::url, "1http://evil.example", "!has a scheme"},
        {kind::url, "://evil.example", "!has a scheme"},
        {kind::url, "http://", "!has no host"},
        {kind::url, "http:///a", "!has no host"},
        {kind::url, "http://:80/", "!has no host"},
        {kind::url, "http://evil.example:0/", "!has a port"},
        {kind::url, "http://evil.example:65536/", "!has a port"},
        {kind::url, "http://evil.example:080/", "!has a port"},
        {kind::url, "http://evil.example:http/", "!has a port"},
        {kind::url, "http://[2001:db8::1/x", "!has a bracket"},
        {kind::url, "http://[evil.example]/x", "!has no address of IPv6"},
        {kind::url, "http://[]/x", "!has no address of IPv6"},
        {kind::url, "http://[::1]x/", "!has something"},
        {kind::url, "http://evil..example/", "!has an empty label"},
        {kind::url, "http://192.0.2.256/", "!ends in a number"},
    });
}

BOOST_AUTO_TEST_CASE(the_other_kinds_have_one_form) {
    check({
        {kind::email, "Some.One@Evil.Example", "Some.One@evil.example"},
        {kind::email, "someone[@]evil[.]example", "someone@evil.example"},
        {kind::email, "someone[at]evil[dot]example", "someone@evil.example"},
        {kind::email, "mailto:someone@evil.example", "someone@evil.example"},
        {kind::email, "<someone@evil.example>", "someone@evil.example"},
        {kind::email, "a+b!#$%&'*/=?^_`{|}~-@evil.example", "a+b!#$%&'*/=?^_`{|}~-@evil.example"},
        {kind::email, "someone@m\u00fcnchen.example", "someone@xn--mnchen-3ya.example"},
        {kind::email, "evil.example", "!has no @"},
        {kind::email, "@evil.example", "!has nothing before"},
        {kind::email, "a@b@evil.example", "!has a character before"},
        {kind::email, "some one@evil.example", "!has a character before"},
        {kind::email, "someone@localhost", "!has a single label"},
        {kind::email, "someone@", "!is empty"},
        {kind::cve, "cve-2021-44228", "CVE-2021-44228"},
        {kind::cve, "CVE-1999-0001", "CVE-1999-0001"},
        {kind::cve, "CVE-2021-1234567", "CVE-2021-1234567"},
        {kind::cve, "CVE-2021-123", "!is not CVE-"},
        {kind::cve, "CVE-1998-0001", "!has a year"},
        {kind::cve, "CVE-2021-44228a", "!is not CVE-"},
        {kind::cve, "2021-44228", "!is not CVE-"},
        {kind::filename, "Evil.EXE", "evil.exe"},
        {kind::filename, "C:\\Temp\\Evil.exe", "c:\\temp\\evil.exe"},
        {kind::filename, "\u00dcbel.exe", "\u00fcbel.exe"},
        {kind::filename, "evil file", "evil file"},
        {kind::filename, "/tmp/", "!is a folder"},
        {kind::registry_key, "HKLM\\Software\\Evil", "hkey_local_machine\\software\\evil"},
        {kind::registry_key, "HKEY_LOCAL_MACHINE\\Software\\Evil\\", "hkey_local_machine\\software\\evil"},
        {kind::registry_key, "hkcu\\\\Software\\\\Evil", "hkey_current_user\\software\\evil"},
        {kind::registry_key, "HKU\\S-1-5-18\\x", "hkey_users\\s-1-5-18\\x"},
        {kind::registry_key, "HKCR\\x", "hkey_classes_root\\x"},
        {kind::registry_key, "HKCC\\x", "hkey_current_config\\x"},
        {kind::registry_key, "\\REGISTRY\\MACHINE\\Software\\x", "hkey_local_machine\\software\\x"},
        {kind::registry_key, "Software\\Evil", "!does not begin with a hive"},
        {kind::registry_key, "HKLM", "!does not begin with a hive"},
        {kind::registry_key, "HKLMX\\a", "!does not begin with a hive"},
        {kind::registry_key, "HKLM\\", "!names no key"},
        {kind::user_agent, " Mozilla/5.0 (Evil) ", "Mozilla/5.0 (Evil)"},
        {kind::user_agent, "sqlmap", "sqlmap"},
        {kind::user_agent, "a\nb", "!has a control character"},
        {kind::user_agent, "\xff", "!is not UTF-8"},
        {kind::filename, "a\u0085b", "!has a control character"},
    });
    BOOST_TEST(form(kind::user_agent, std::string(4'096, 'a')).size() == 4'096u);
    BOOST_TEST(form(kind::user_agent, std::string(4'097, 'a')) == "!has more than 4096 bytes");
    BOOST_TEST(form(kind::email, std::string(65, 'a') + "@evil.example") == "!has more than 64 bytes before the @");
}

BOOST_AUTO_TEST_CASE(kinds_have_names_and_terms) {
    for (const auto of : all_kinds) {
        BOOST_TEST((kind_named(name_of(of)) == of));
        BOOST_TEST((kind_of_feed(name_of(of)) == of));
    }
    BOOST_TEST(!kind_named("IP").has_value());
    BOOST_TEST((kind_of_feed("FileHash-SHA256") == kind::hash));
    BOOST_TEST((kind_of_feed("IPv4") == kind::ip));
    BOOST_TEST((kind_of_feed("hostname") == kind::domain));
    BOOST_TEST(!kind_of_feed("comment").has_value());
    constexpr int days[] = {30, 30, 60, 730, 30, 180, 180, 365, 365, 365, 90};
    for (std::size_t i = 0; i < std::size(all_kinds); ++i) BOOST_TEST(expiry_days(all_kinds[i]) == days[i]);
    BOOST_TEST(hash_algorithm(64) == "sha256");
    BOOST_TEST(hash_algorithm(65) == "");
}

BOOST_AUTO_TEST_CASE(a_kind_is_guessed_that_takes_the_value) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"192.0.2.1", "ip"},
        {"2001:db8::1", "ip"},
        {"192[.]0.2.1", "ip"},
        {"192.0.2.0/24", "cidr"},
        {"evil.example", "domain"},
        {"evil[.]example", "domain"},
        {"hxxp://evil.example/a", "url"},
        {"http://evil.example", "url"},
        {md5, "hash"},
        {"someone@evil.example", "email"},
        {"evil.exe", "filename"},
        {"C:\\Temp\\x", "filename"},
        {"/usr/bin/x", "filename"},
        {"HKLM\\Software\\x", "registry_key"},
        {"CVE-2021-44228", "cve"},
        {"Mozilla/5.0 (x)", "user_agent"},
        {"curl/8.0", "user_agent"},
        {"something", ""},
        {"two words", ""},
        {"", ""},
        {"http://", ""},
        {"192.0.2.300", ""},
        {"\xff\xfe", ""},
    };
    for (const auto& [value, expected] : rows) {
        const auto of = guess_kind(value);
        BOOST_TEST((of ? name_of(*of) : "") == expected, "of `" << value << "`");
        if (of) BOOST_TEST(!form(*of, value).starts_with('!'));
    }
}

BOOST_AUTO_TEST_SUITE_END()
