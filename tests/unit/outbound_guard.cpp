// Where requests may go: what an address is, and what an URL leads to however it is written.
#include "outbound/address_guard.hpp"
#include "outbound/lookup.hpp"
#include "outbound/url.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::outbound;
namespace ip = boost::asio::ip;

namespace {

constexpr auto soon = std::chrono::seconds(20);

// `ok` or why not; for hosts that are numbers, which the system takes apart without asking anybody.
std::string reach(const std::string& text, const policy& rules = {}) {
    const auto to = parse_url(text);
    if (!to) return to.error().text;
    const auto found = look_up(*to, rules, std::chrono::steady_clock::now() + soon, {});
    return found ? "ok" : found.error().text;
}

bool is_refused_as(const std::string& outcome, std::string_view what) {
    return outcome.find(std::string("which is ").append(what)) != std::string::npos;
}

policy with_name(std::string name, std::vector<std::string> texts) {
    policy rules;
    rules.look_up = [name, texts](const std::string& host) -> carrel::base::outcome<addresses> {
        if (host != name) return carrel::base::failure{"no such name"};
        addresses found;
        for (const auto& text : texts) found.push_back(ip::make_address(text));
        return found;
    };
    return rules;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outbound_guard)

BOOST_AUTO_TEST_CASE(an_address_is_what_the_registries_say) {
    const struct {
        const char* address;
        const char* what;
    } table[] = {
        {"0.0.0.0", "unspecified"},
        {"0.1.2.3", "unspecified"},
        {"10.0.0.1", "private"},
        {"10.255.255.255", "private"},
        {"9.255.255.255", ""},
        {"11.0.0.0", ""},
        {"100.63.255.255", ""},
        {"100.64.0.1", "private"},
        {"100.127.255.255", "private"},
        {"100.128.0.0", ""},
        {"127.0.0.1", "loopback"},
        {"127.255.0.9", "loopback"},
        {"128.0.0.1", ""},
        {"169.253.0.1", ""},
        {"169.254.169.254", "link-local"},
        {"172.15.255.255", ""},
        {"172.16.0.1", "private"},
        {"172.31.255.255", "private"},
        {"172.32.0.0", ""},
        {"192.0.0.1", "reserved"},
        {"192.0.2.1", "reserved"},
        {"192.168.1.1", "private"},
        {"192.169.0.1", ""},
        {"198.18.0.1", "private"},
        {"198.51.100.1", "reserved"},
        {"203.0.113.1", "reserved"},
        {"223.255.255.255", ""},
        {"224.0.0.1", "multicast"},
        {"239.1.1.1", "multicast"},
        {"240.0.0.1", "reserved"},
        {"255.255.255.255", "broadcast"},
        {"8.8.8.8", ""},
        {"::", "unspecified"},
        {"::1", "loopback"},
        {"fe80::1", "link-local"},
        {"febf::1", "link-local"},
        {"fec0::1", "private"},
        {"fc00::1", "private"},
        {"fd12:3456::1", "private"},
        {"ff02::1", "multicast"},
        {"2606:4700::1111", ""},
        {"2001:db8::1", "reserved"},
        {"2001::1", "reserved"},
        {"::ffff:127.0.0.1", "loopback"},
        {"::ffff:10.0.0.1", "private"},
        {"::ffff:8.8.8.8", ""},
        {"64:ff9b::169.254.169.254", "link-local"},
        {"64:ff9b::8.8.8.8", ""},
        {"64:ff9b:1::1", "private"},
        {"2002:7f00:1::", "loopback"},
        {"2002:a9fe:a9fe::1", "link-local"},
        {"2002:808:808::1", ""},
        {"::127.0.0.1", "reserved"},
        {"2a00::5efe:10.0.0.1", "private"},
        {"2a00::5efe:8.8.8.8", ""},
        {"4000::1", "reserved"},
        {"100::1", "reserved"},
    };
    for (const auto& row : table) BOOST_TEST(not_public(ip::make_address(row.address)) == row.what, row.address);
}

BOOST_AUTO_TEST_CASE(an_odd_form_of_an_address_is_that_address) {
    for (const char* host :
         {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.0.0.1.",
          "[::1]", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]"}) {
        const auto outcome = reach(std::string("http://") + host + ":8080/x?y");
        BOOST_TEST(is_refused_as(outcome, "loopback"), host << ": " << outcome);
    }
    for (const char* host :
         {"169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]"}) {
        const auto outcome = reach(std::string("HTTP://") + host);
        BOOST_TEST(is_refused_as(outcome, "link-local"), host << ": " << outcome);
    }
    BOOST_TEST(is_refused_as(reach("http://0/"), "unspecified"));
    BOOST_TEST(reach("https://8.8.8.8/") == "ok");
}

BOOST_AUTO_TEST_CASE(a_name_is_what_it_leads_to) {
    BOOST_TEST(is_refused_as(reach("http://feed.test/", with_name("feed.test", {"169.254.169.254"})), "link-local"));
    BOOST_TEST(is_refused_as(reach("http://FEED.test/", with_name("feed.test", {"::1"})), "loopback"));
    BOOST_TEST(reach("http://feed.test/", with_name("feed.test", {"8.8.8.8"})) == "ok");
    BOOST_TEST(reach("http://feed.test/", with_name("feed.test", {})) == "the name feed.test has no address");
    const auto rules = with_name("feed.test", {"10.0.0.1", "8.8.8.8", "::1"});
    const auto found =
        look_up(parse_url("http://feed.test").value(), rules, std::chrono::steady_clock::now() + soon, {});
    BOOST_REQUIRE(found.has_value());
    BOOST_REQUIRE(found->size() == 1u);
    BOOST_TEST(found->front().to_string() == "8.8.8.8");
}

BOOST_AUTO_TEST_CASE(what_is_on_the_list_may_be_reached_and_nothing_beside_it) {
    const auto listed = [](std::string entry, const std::string& url) {
        auto rules = with_name("misp.local", {"10.0.0.7"});
        rules.allowed_hosts = {std::move(entry)};
        if (url.find(".local") == url.npos && url.find(".Local") == url.npos) rules.look_up = nullptr;
        return reach(url, rules) == "ok";
    };
    BOOST_TEST(listed("misp.local", "http://misp.local/"));
    BOOST_TEST(listed("MISP.local.", "https://Misp.Local:8443/"));
    BOOST_TEST(listed("misp.local:8443", "https://misp.local:8443/"));
    BOOST_TEST(!listed("misp.local:8443", "https://misp.local/"));
    BOOST_TEST(!listed("local", "http://misp.local/"));
    BOOST_TEST(!listed("xmisp.local", "http://misp.local/"));
    BOOST_TEST(listed("10.0.0.7", "http://misp.local/"));
    BOOST_TEST(listed("10.0.0.7:80", "http://misp.local/"));
    BOOST_TEST(!listed("10.0.0.7:81", "http://misp.local/"));
    BOOST_TEST(listed("127.0.0.1", "http://2130706433/"));
    BOOST_TEST(listed("[::1]", "http://[::1]/"));
    BOOST_TEST(listed("::1", "http://[::1]:99/"));
    BOOST_TEST(listed("[::1]:99", "http://[::1]:99/"));
    BOOST_TEST(!listed("[::1]:98", "http://[::1]:99/"));
    BOOST_TEST(!listed("", "http://127.0.0.1/"));
    policy all;
    all.allow_private = true;
    BOOST_TEST(reach("http://127.0.0.1/", all) == "ok");
}

BOOST_AUTO_TEST_CASE(an_url_is_taken_apart) {
    const auto full = parse_url("HTTPS://Feed.Example:8443/a/b?c=d#e").value();
    BOOST_TEST(full.is_tls);
    BOOST_TEST(full.host == "feed.example");
    BOOST_TEST(full.port == 8443);
    BOOST_TEST(full.target == "/a/b?c=d");
    BOOST_TEST(full.origin() == "https://feed.example:8443");
    BOOST_TEST(parse_url("http://a").value().target == "/");
    BOOST_TEST(parse_url("http://a?q").value().target == "/?q");
    BOOST_TEST(parse_url("http://a:80").value().authority() == "a");
    BOOST_TEST(parse_url("https://[2A00:0::1]/").value().authority() == "[2a00::1]");
    BOOST_TEST(parse_url("http://bücher.example/").value().host == "bücher.example");
}

BOOST_AUTO_TEST_CASE(a_bad_url_is_refused_with_what_is_wrong) {
    const auto fault = [](std::string_view text) { return parse_url(text).error().text; };
    for (const char* text : {"", "a", "ftp://a/", "file:///etc/passwd", "javascript:x", "//a", "http:/a", "gopher://a"})
        BOOST_TEST(fault(text) == "the URL does not begin with http:// or https://", text);
    for (const char* text : {"http://u@a/", "http://u:secret@a/", "http://a@169.254.169.254/", "http://@a/"})
        BOOST_TEST(fault(text) == "the URL has a user name or a password in it; they belong into a header", text);
    for (const char* text : {"http://a b/", "http://a/\r\nX: y", "http://a/\t", " http://a/", "http://a/\x7f"})
        BOOST_TEST(fault(text) == "the URL has a blank or a control character in it", text);
    for (const char* text : {"http:///x", "http://:80/", "http://./", "http://?q"})
        BOOST_TEST(fault(text) == "the URL has no host", text);
    for (const char* text : {"http://a:0/", "http://a:65536/", "http://a:x/", "http://a:-1/", "http://a:8:8/"})
        BOOST_TEST(fault(text) == "the URL's port is not a number from 1 to 65535", text);
    BOOST_TEST(fault("http://[fe80::1%25eth0]/") == "the URL's address has a zone, which is not taken");
    BOOST_TEST(fault("http://[::1/") == "the URL has a bracket that is not closed");
    BOOST_TEST(fault("http://[a]/") == "the URL has brackets around what is no IPv6 address");
    BOOST_TEST(fault("http://[::1]x/") == "the URL has other characters behind its host");
    BOOST_TEST(fault("http://a\\@b/") == "the URL has a backslash in it");
    BOOST_TEST(fault("http://%31%32%37.0.0.1/") == "the URL's host has a character that no host has");
    BOOST_TEST(fault("http://a/ü").starts_with("the URL's path or query"));
    BOOST_TEST(fault("http://" + std::string(9000, 'a')) == "the URL has more than 8192 bytes");
    BOOST_TEST(fault("http://" + std::string(300, 'a')) == "the URL's host has more than 253 bytes");
}

BOOST_AUTO_TEST_CASE(a_redirect_is_read_from_where_it_came) {
    const auto from = parse_url("https://a.example:444/b/c/d?e=f").value();
    const auto to = [&](std::string_view location) {
        const auto made = resolve_reference(from, location);
        return made ? made->origin() + made->target : made.error().text;
    };
    BOOST_TEST(to("g") == "https://a.example:444/b/c/g");
    BOOST_TEST(to("/g?h") == "https://a.example:444/g?h");
    BOOST_TEST(to("?h") == "https://a.example:444/b/c/d?h");
    BOOST_TEST(to("../g/./h#i") == "https://a.example:444/b/g/h");
    BOOST_TEST(to("../../../../g") == "https://a.example:444/g");
    BOOST_TEST(to("/..") == "https://a.example:444/");
    BOOST_TEST(to("//169.254.169.254/latest") == "https://169.254.169.254/latest");
    BOOST_TEST(to("http://[::1]/") == "http://[::1]/");
    BOOST_TEST(to("") == "https://a.example:444/b/c/d?e=f");
    BOOST_TEST(to("file:///etc/passwd") == "the URL does not begin with http:// or https://");
    BOOST_TEST(to("g?x=http://y") == "https://a.example:444/b/c/g?x=http://y");
}

BOOST_AUTO_TEST_SUITE_END()
