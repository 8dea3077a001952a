#include "indicators/lookup.hpp"

#include "indicators/normalize.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::indicators;

namespace {

std::string forms_of(lookup& keys, std::string_view value) {
    std::string all;
    for (const auto& [of, text] : keys.forms(value))
        all += (all.empty() ? "" : " ") + std::string(name_of(of)) + "=" + std::string(text);
    return all;
}

constexpr std::string_view md5 = "D41D8CD98F00B204E9800998ECF8427E";

}  // namespace

BOOST_AUTO_TEST_SUITE(indicator_lookup)

BOOST_AUTO_TEST_CASE(values_of_events_give_the_keys_they_could_match) {
    lookup keys;
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"192.0.2.1", "ip=192.0.2.1"},
        {"192.0.2.1:443", "ip=192.0.2.1"},
        {"::ffff:192.0.2.1", "ip=192.0.2.1"},
        {"[2001:DB8::1]:443", "ip=2001:db8::1"},
        {"2001:db8:0::1", "ip=2001:db8::1"},
        {"Evil.Example", "domain=evil.example"},
        {"evil.example.", "domain=evil.example"},
        {"evil.exe", "domain=evil.exe filename=evil.exe"},
        {"https://Evil.Example/A#x", "url=https://evil.example/A domain=evil.example"},
        {"http://192.0.2.1/", "url=http://192.0.2.1/ ip=192.0.2.1"},
        {"http://localhost/a", "url=http://localhost/a"},
        {"a/b@Evil.Example", "email=a/b@evil.example domain=evil.example"},
        {" evil.exe ", "domain=evil.exe filename=evil.exe"},
        {"Some@Evil.Example", "email=Some@evil.example domain=evil.example"},
        {md5, "hash=d41d8cd98f00b204e9800998ecf8427e ja3=d41d8cd98f00b204e9800998ecf8427e"},
        {"SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709,MD5=D41D8CD98F00B204E9800998ECF8427E,IMPHASH="
         "00000000000000000000000000000000",
         "hash=da39a3ee5e6b4b0d3255bfef95601890afd80709 hash=d41d8cd98f00b204e9800998ecf8427e"},
        {"C:\\Temp Files\\Evil.exe", "filename=evil.exe filename=c:\\temp files\\evil.exe"},
        {"/usr/bin/Evil", "filename=evil filename=/usr/bin/evil"},
        {"evil file.docx", "filename=evil file.docx"},
        {"HKLM\\Software\\Evil", "registry_key=hkey_local_machine\\software\\evil"},
        {"HKLM\\Soft ware\\Evil", "registry_key=hkey_local_machine\\soft ware\\evil"},
        {"cve-2021-44228", "cve=CVE-2021-44228"},
        {"curl/8.0", "user_agent=curl/8.0"},
        {"Mozilla/5.0 (X11; Linux) Evil", "user_agent=Mozilla/5.0 (X11; Linux) Evil"},
        {"", ""},
        {"x", ""},
        {"allowed", ""},
        {"4624", ""},
        {"deadbeef", ""},
        {"two words", ""},
        {"The user has logged in.", ""},
        {"2026-11-26T18:00:00Z", ""},
        {"a\nb.example", ""},
        {"12:30", ""},
    };
    for (const auto& [value, expected] : rows)
        BOOST_TEST(forms_of(keys, value) == expected, "`" << value << "` gives " << forms_of(keys, value));
    forms_of(keys, "::ffff:192.0.2.1");
    BOOST_TEST((keys.last_address() == parse_address("192.0.2.1")));
    forms_of(keys, "word");
    BOOST_TEST(!keys.last_address().has_value());
    BOOST_TEST(keys.forms(std::string(4'097, 'a')).empty());
}

BOOST_AUTO_TEST_CASE(an_indicator_is_found_by_the_value_it_was_made_from) {
    lookup keys;
    const std::pair<kind, std::string_view> rows[] = {
        {kind::ip, "2001:DB8::1"},
        {kind::domain, "M\u00fcnchen.Example."},
        {kind::hash, md5},
        {kind::ja3, md5},
        {kind::url, "HTTPS://Evil.Example:443/a?b#c"},
        {kind::email, "A.B@Evil.Example"},
        {kind::filename, "Evil.EXE"},
        {kind::registry_key, "HKCU\\Software\\Evil\\"},
        {kind::cve, "cve-2021-44228"},
        {kind::user_agent, "Evil/1.0 (x)"},
    };
    for (const auto& [of, value] : rows) {
        const auto expected = std::get<normalized>(normalize(of, value)).text;
        bool is_found = false;
        for (const auto& key : keys.forms(value)) is_found |= key.of == of && key.text == expected;
        BOOST_TEST(is_found, name_of(of) << " " << value);
    }
}

BOOST_AUTO_TEST_SUITE_END()
