#include "indicators/formats.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::indicators;

namespace {

std::string place(std::size_t line, const std::string& path) { return line != 0 ? std::to_string(line) : path; }

// `3 ip=192.0.2.1`: where, what as the feed says, and the value.
std::string found(const reading& got) {
    std::string all;
    for (const auto& each : got.candidates)
        all += (all.empty() ? "" : ", ") + place(each.line, each.path) + " " +
               (each.of ? std::string(name_of(*each.of)) + "=" : "") + each.value;
    return all;
}
std::string faults(const reading& got) {
    std::string all;
    for (const auto& each : got.faults)
        all += (all.empty() ? "" : ", ") + place(each.line, each.path) + " " + each.detail;
    return all;
}
std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& each : texts) all += (all.empty() ? "" : "+") + each;
    return all;
}
std::string time_of(const std::optional<carrel::siem::timestamp>& at) {
    return at ? carrel::siem::format_time(*at) : "none";
}

std::string bundle_of(std::string_view objects) {
    return R"({"type":"bundle","id":"bundle--1","objects":[)" + std::string(objects) + "]}";
}
std::string pattern_object(std::string_view pattern, std::string_view rest = "") {
    return R"({"type":"indicator","id":"indicator--1","pattern":")" + std::string(pattern) + "\"" + std::string(rest) +
           "}";
}
std::string of_pattern(std::string_view pattern) {
    const auto got = read_stix(bundle_of(pattern_object(pattern)));
    return got.faults.empty() ? found(got) : "!" + got.faults.front().detail;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(indicator_formats)

BOOST_AUTO_TEST_CASE(a_list_has_one_value_a_line) {
    const auto got = read_list(
        "\xEF\xBB\xBF# a list\r\n"
        "192.0.2.1\r\n"
        "\n"
        "  evil.example   # known\n"
        "; another comment\n"
        "http://evil.example/a#b ;x\n"
        "0.0.0.0 bad.example\n"
        "127.0.0.1\tworse.example # hosts\n"
        "0.0.0.0\n"
        "Mozilla/5.0 (X11; Linux)\n"
        "\xff\n"
        "last.example");
    BOOST_TEST(found(got) ==
               "2 192.0.2.1, 4 evil.example, 6 http://evil.example/a#b, 7 bad.example, 8 worse.example, 9 0.0.0.0, "
               "10 Mozilla/5.0 (X11; Linux), 12 last.example");
    BOOST_TEST(faults(got) == "11 is not UTF-8");
    BOOST_TEST(found(read_list("a\nb", {.of = kind::domain})) == "1 domain=a, 2 domain=b");
    BOOST_TEST(found(read_list("//x\n#y", {.comment = "/"})) == "2 #y");
    BOOST_TEST(found(read_list("")) == "");
    BOOST_TEST(faults(read_list(std::string(5'000, 'a') + "\nb")) == "1 has a value of more than 4096 bytes");
}

BOOST_AUTO_TEST_CASE(a_table_is_read_as_rfc_4180_has_it) {
    csv_options options;
    options.has_header = true;
    options.value = {.name = "IOC"};
    options.type = {.name = "type"};
    options.severity = {.name = "Severity"};
    options.confidence = {.number = 3};
    options.tags = {.name = "tags"};
    options.description = {.name = "note"};
    options.first_seen = {.name = "seen"};
    options.references = {.name = "refs"};
    const auto got = read_csv(
        "# made by someone\r\n"
        "ioc,type,severity,confidence,tags,note,seen,refs\r\n"
        "evil.example,hostname,HIGH,75.5,\"a, b;c\",\"says \"\"no\"\"\r\nand more\",2026-01-02,https://a|https://b\r\n"
        "\r\n"
        "192.0.2.1:443,ip:port,,,,,2026-01-02 03:04:05,\n"
        "\"x\"y,domain,,,,,,\n"
        "a.example,teapot,,,,,,\n"
        "b.example,domain,awful,,,,,\n"
        "c.example,domain,,101,,,,\n"
        "d.example,domain,,,,,soon,\n"
        ",domain,,,,,,\n"
        "e.example\n"
        "\"not closed,domain",
        options);
    BOOST_TEST(got.refused == "");
    BOOST_TEST(found(got) == "3 domain=evil.example, 6 ip=192.0.2.1, 13 e.example");
    const auto& one = got.candidates.front();
    BOOST_TEST(one.severity == "high");
    BOOST_TEST(one.confidence.value() == 75.5);
    BOOST_TEST(joined(one.tags) == "a+b+c");
    BOOST_TEST(one.description == "says \"no\"\r\nand more");
    BOOST_TEST(time_of(one.first_seen) == "2026-01-02T00:00:00.000000Z");
    BOOST_TEST(joined(one.references) == "https://a+https://b");
    BOOST_TEST(time_of(got.candidates[1].first_seen) == "2026-01-02T03:04:05.000000Z");
    BOOST_TEST(
        faults(got) ==
        "7 has something behind a closing quote, 8 has the type `teapot`, which is no kind of indicator, "
        "9 has the severity `awful`: it is critical, high, medium, low or info, "
        "10 has the confidence `101`: it is a number from 0 to 100, 11 has `soon` as first_seen, which is no time, "
        "12 has an empty value, 14 has a quote that is not closed");
}

BOOST_AUTO_TEST_CASE(the_columns_of_a_table_are_chosen) {
    csv_options options;
    options.delimiter = '\t';
    options.value = {.number = 1};
    options.of = kind::ip;
    BOOST_TEST(found(read_csv("x\t192.0.2.1\n#y\t1\nz\n", options)) == "1 ip=192.0.2.1");
    BOOST_TEST(faults(read_csv("x\t192.0.2.1\nz\n", options)) == "2 has no column 1");
    options.comment = 0;
    BOOST_TEST(found(read_csv("#y\t192.0.2.2", options)) == "1 ip=192.0.2.2");
    options.has_header = true;
    options.value = {.name = "value"};
    BOOST_TEST(read_csv("name\tip\n", options).refused == "has no column `value` in its header");
    options.has_header = false;
    BOOST_TEST(read_csv("value\n", options).refused == "has no header, which the names of columns need");
    options.value = {};
    BOOST_TEST(read_csv("value\n", options).refused == "has no column for the value");
    options.value = {.number = 0};
    options.delimiter = '"';
    BOOST_TEST(read_csv("value\n", options).refused == "cannot have that delimiter");
    std::string wide = "a";
    for (int i = 0; i < 1'000; ++i) wide += ",b";
    BOOST_TEST(faults(read_csv(wide + "\nc")) == "1 has more than 1000 fields");
    BOOST_TEST(found(read_csv(wide + "\nc")) == "2 c");
}

BOOST_AUTO_TEST_CASE(patterns_of_stix_give_the_values_they_look_for) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"[ipv4-addr:value = '192.0.2.1']", "objects[0] ip=192.0.2.1"},
        {"[ipv4-addr:value='192.0.2.0/24']", "objects[0] cidr=192.0.2.0/24"},
        {"[ ipv6-addr:value == '2001:db8::1' ]", "objects[0] ip=2001:db8::1"},
        {"[ipv4-addr:value ISSUBSET '192.0.2.0/24']", "objects[0] cidr=192.0.2.0/24"},
        {"[domain-name:value = 'a.example' OR url:value = 'http://b.example/']",
         "objects[0] domain=a.example, objects[0] url=http://b.example/"},
        {"[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']",
         "objects[0] domain=a.example, objects[0] domain=b.example"},
        {"[domain-name:value IN ('a.example', 'b.example')]",
         "objects[0] domain=a.example, objects[0] domain=b.example"},
        {"[file:hashes.'SHA-256' = 'aa' AND file:hashes.MD5 = 'bb']", "objects[0] hash=aa, objects[0] hash=bb"},
        {"[file:name = 'it\\\\'s \\\\\\\\ x']", "objects[0] filename=it's \\ x"},
        {"[email-addr:value = 'a@b.example']", "objects[0] email=a@b.example"},
        {"[windows-registry-key:key = 'HKLM']", "objects[0] registry_key=HKLM"},
        {"[network-traffic:dst_ref.value = '192.0.2.1']", "objects[0] 192.0.2.1"},
        {"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'x']",
         "objects[0] user_agent=x"},
        {"[file:name = 'a' AND file:size = 7]",
         "!has a pattern that compares `file:size`, which is no kind of indicator"},
        {"[file:name = 'a' AND file:hashes.MD5 = 'b']",
         "!has a pattern that joins conditions with AND, which one value cannot fulfil"},
        {"[file:hashes.ssdeep = 'a']",
         "!has a pattern that compares `file:hashes.ssdeep`, which is no kind of indicator"},
        {"[file:name LIKE 'a%']", "!has a pattern in which `LIKE` is no comparison that a list of values can express"},
        {"[file:name NOT = 'a']", "!has a pattern in which `NOT` is no comparison that a list of values can express"},
        {"[file:name != 'a']", "!has a pattern in which `!=` is no comparison that a list of values can express"},
        {"[file:name = 'a'] FOLLOWEDBY [file:name = 'b']",
         "!has a pattern in which `FOLLOWEDBY` follows an observation: several observations are not supported"},
        {"[file:name = 'a'] AND [file:name = 'b']",
         "!has a pattern in which `AND` follows an observation: several observations are not supported"},
        {"([file:name = 'a'])",
         "!has a pattern that does not begin with [: parentheses and other languages are not supported"},
        {"[file:name = 'a'", "!has a pattern that has an observation without a closing ]"},
        {"[file:name = 'a", "!has a pattern that has a string that is not closed"},
        {"[file:name = a]", "!has a pattern that compares with something that is no string"},
        {"[file:name IN 'a']", "!has a pattern that has IN without a list"},
        {"[file:name IN ('a']", "!has a pattern that has a list that is not closed"},
        {"[", "!has a pattern that has a condition without a property"},
        {"", "!has a pattern that does not begin with [: parentheses and other languages are not supported"},
    };
    for (const auto& [pattern, expected] : rows)
        BOOST_TEST(of_pattern(pattern) == expected, pattern << " gives " << of_pattern(pattern));
}

BOOST_AUTO_TEST_CASE(an_indicator_of_stix_has_what_is_said_of_it) {
    const auto got = read_stix(bundle_of(pattern_object(
        "[domain-name:value = 'a.example']",
        R"(,"name":"n","description":"d","labels":["l"],"indicator_types":["t"],"confidence":80,"pattern_type":"stix",
           "valid_from":"2026-01-02T03:04:05.678Z","valid_until":"2027-01-02T03:04:05Z",
           "external_references":[{"source_name":"s","url":"https://x"},{"source_name":"t"}])")));
    BOOST_TEST_REQUIRE(got.candidates.size() == 1);
    const auto& one = got.candidates.front();
    BOOST_TEST(one.external_id == "indicator--1");
    BOOST_TEST(one.description == "d");
    BOOST_TEST(joined(one.tags) == "l+t");
    BOOST_TEST(one.confidence.value() == 80);
    BOOST_TEST(time_of(one.first_seen) == "2026-01-02T03:04:05.678000Z");
    BOOST_TEST(time_of(one.valid_until) == "2027-01-02T03:04:05.000000Z");
    BOOST_TEST(joined(one.references) == "https://x");
}

BOOST_AUTO_TEST_CASE(objects_of_stix_are_indicators_or_told) {
    const auto got = read_stix(bundle_of(
        R"({"type":"ipv4-addr","id":"ipv4-addr--1","value":"192.0.2.1"},
           {"type":"file","name":"a.exe","hashes":{"MD5":"aa","SHA-256":"bb","SSDEEP":"cc"}},
           {"type":"file","name":"b.exe"},
           {"type":"windows-registry-key","key":"HKLM\\x"},
           {"type":"vulnerability","name":"CVE-2021-44228"},
           {"type":"observed-data","last_observed":"2026-01-02T03:04:05Z",
            "objects":{"0":{"type":"url","value":"http://a.example"},"1":{"type":"process"}}},
           {"type":"relationship"}, {"type":"identity"}, 7, {},
           {"type":"indicator","pattern":"alert tcp","pattern_type":"snort"},
           {"type":"indicator"},
           {"type":"indicator","pattern":"[file:name = 'x']","revoked":true},
           {"type":"indicator","pattern":"[file:name = 'x']","valid_from":"soon"},
           {"type":"url","value":7})"));
    BOOST_TEST(found(got) ==
               "objects[0] ip=192.0.2.1, objects[1] hash=aa, objects[1] hash=bb, objects[2] filename=b.exe, "
               "objects[3] registry_key=HKLM\\x, objects[4] cve=CVE-2021-44228, objects[5] url=http://a.example, "
               "objects[14] url=7");
    BOOST_TEST(time_of(got.candidates[6].last_seen) == "2026-01-02T03:04:05.000000Z");
    BOOST_TEST(faults(got) ==
               "objects[8] is no object, objects[9] has no `type`, objects[10] has a pattern in `snort`, not in STIX, "
               "objects[11] has no `pattern`, objects[12] is revoked, "
               "objects[13] has `soon` as valid_from, which is no time");
    BOOST_TEST(got.passed_over == 2u);
    BOOST_TEST(found(read_stix(R"({"objects":[{"type":"url","value":"a"}]})")) == "objects[0] url=a");
    BOOST_TEST(found(read_stix(R"([{"type":"url","value":"a"}])")) == "objects[0] url=a");
    BOOST_TEST(found(read_stix(R"({"type":"url","value":"a"})")) == "object url=a");
    BOOST_TEST(read_stix(R"({"type":"bundle"})").refused == "");
    BOOST_TEST(read_stix(R"({"type":"bundle","objects":7})").refused == "has `objects` that are no list");
    BOOST_TEST(read_stix("7").refused == "is no object of STIX: it has no `type`");
    BOOST_TEST(read_stix("{").refused == "is not JSON at byte 1");
    BOOST_TEST(read_stix(std::string(1'000, '[')).refused == "is nested too deep at byte 64");
}

BOOST_AUTO_TEST_CASE(attributes_of_misp_are_indicators_or_told) {
    const std::string event = R"({"Event":{"info":"A campaign","threat_level_id":"1","Tag":[{"name":"tlp:white"}],
        "Attribute":[
          {"type":"ip-dst","value":"192.0.2.1","to_ids":true,"uuid":"u1","comment":"c2","Tag":[{"name":"c2"}],"first_seen":"2026-01-02T03:04:05Z"},
          {"type":"ip-src","value":"192.0.2.0/24"},
          {"type":"ip-dst|port","value":"192.0.2.2|443"},
          {"type":"filename|sha256","value":"a.exe|bb"},
          {"type":"domain|ip","value":"a.example|192.0.2.3"},
          {"type":"regkey|value","value":"HKLM\\x|1"},
          {"type":"md5","value":"cc","to_ids":false},
          {"type":"md5","value":"cc","deleted":true},
          {"type":"comment","value":"hello"},
          {"type":"filename|sha1","value":"only"},
          {"value":"x"}, 7],
        "Object":[{"name":"file","Attribute":[{"type":"user-agent","value":"Evil/1.0"}]}]}})";
    const auto got = read_misp(event);
    BOOST_TEST(found(got) ==
               "$.Event.Attribute[0] ip=192.0.2.1, $.Event.Attribute[1] cidr=192.0.2.0/24, "
               "$.Event.Attribute[2] ip=192.0.2.2, $.Event.Attribute[3] filename=a.exe, $.Event.Attribute[3] hash=bb, "
               "$.Event.Attribute[4] domain=a.example, $.Event.Attribute[4] ip=192.0.2.3, "
               "$.Event.Attribute[5] registry_key=HKLM\\x, $.Event.Object[0].Attribute[0] user_agent=Evil/1.0");
    BOOST_TEST(faults(got) ==
               "$.Event.Attribute[6] is not meant for detection: `to_ids` is false, $.Event.Attribute[7] is deleted, "
               "$.Event.Attribute[8] has the type `comment`, which is no kind of indicator, "
               "$.Event.Attribute[9] has one value for two types, $.Event.Attribute[10] has no `type`, "
               "$.Event.Attribute[11] is no object");
    const auto& one = got.candidates.front();
    BOOST_TEST(one.severity == "high");
    BOOST_TEST(one.description == "c2");
    BOOST_TEST(one.external_id == "u1");
    BOOST_TEST(joined(one.tags) == "tlp:white+c2");
    BOOST_TEST(time_of(one.first_seen) == "2026-01-02T03:04:05.000000Z");
    BOOST_TEST(got.candidates[1].description == "A campaign");
    BOOST_TEST(read_misp(event, {.to_ids_only = false}).candidates.size() == got.candidates.size() + 1);
    BOOST_TEST(found(read_misp(R"({"response":{"Attribute":[{"type":"url","value":"u"}]}})")) ==
               "$.response.Attribute[0] url=u");
    BOOST_TEST(found(read_misp(R"({"response":[{"Event":{"Attribute":[{"type":"url","value":"u"}]}}]})")) ==
               "$.response[0].Event.Attribute[0] url=u");
    BOOST_TEST(found(read_misp(R"([{"type":"url","value":"u"}])")) == "$[0] url=u");
    BOOST_TEST(read_misp("7").refused == "is no event of MISP");
}

BOOST_AUTO_TEST_CASE(a_list_of_json_is_read_by_a_mapping) {
    json_options options;
    options.items = "results.indicators";
    options.value = "indicator.text";
    options.type = "kind";
    options.tags = "labels";
    options.external_id = "id";
    const auto got = read_json(
        R"({"results":[{"indicators":[
            {"indicator":{"text":"a.example"},"kind":"FQDN","labels":["x","y"],"id":12345678901234567890,"confidence":50,"severity":"Moderate"},
            {"indicator":{"text":"192.0.2.1"},"kind":"IPv4","labels":"p;q"},
            {"indicator":{}},7,"plain.example"]},{"other":1},{"indicators":[{"indicator.text":"b.example"}]}]})",
        options);
    BOOST_TEST(found(got) ==
               "$.results[0].indicators[0] domain=a.example, $.results[0].indicators[1] ip=192.0.2.1, "
               "$.results[0].indicators[4] plain.example, $.results[2].indicators[0] b.example");
    BOOST_TEST(faults(got) ==
               "$.results[0].indicators[2] has no text as `indicator.text`, "
               "$.results[0].indicators[3] is neither an object nor a string");
    BOOST_TEST(got.candidates.front().external_id == "12345678901234567890");
    BOOST_TEST(got.candidates.front().severity == "medium");
    BOOST_TEST(got.candidates.front().confidence.value() == 50);
    BOOST_TEST(joined(got.candidates[0].tags) == "x+y");
    BOOST_TEST(joined(got.candidates[1].tags) == "p+q");
    BOOST_TEST(read_json("{}", options).refused == "has no list at `results.indicators`");
    BOOST_TEST(read_json("nonsense").refused == "is not JSON at byte 0");
    BOOST_TEST(read_json("[]").refused == "");
}

BOOST_AUTO_TEST_CASE(lines_of_json_are_read_one_by_one) {
    const auto got = read_json("{\"value\":\"a\"}\r\n\n{\"value\":\n{\"value\":\"b\",\"type\":\"domain\"}\n");
    BOOST_TEST(found(got) == "1 a, 4 domain=b");
    BOOST_TEST(faults(got) == "3 is not JSON");
}

BOOST_AUTO_TEST_CASE(feeds_are_bounded) {
    read_limits within;
    within.items_max = 2;
    BOOST_TEST(read_list("a\nb\nc", {}, within).refused == "has more than 2 items");
    BOOST_TEST(read_csv("a\nb\nc", {}, within).refused == "has more than 2 items");
    BOOST_TEST(read_json(R"(["a","b","c"])", {}, within).refused == "has more than 2 items");
    BOOST_TEST(read_stix(bundle_of(pattern_object("[file:name IN ('a','b','c')]")), within).refused ==
               "has more than 2 items");
    BOOST_TEST(
        read_misp(R"([{"type":"url","value":"1"},{"type":"url","value":"2"},{"type":"url","value":"3"}])", {}, within)
            .refused == "has more than 2 items");
    within = {};
    within.bytes_max = 3;
    BOOST_TEST(read_list("abcd", {}, within).refused == "has more than 3 bytes");
    BOOST_TEST(read_csv("abcd", {}, within).refused == "has more than 3 bytes");
    BOOST_TEST(read_json("[[]]", {}, within).refused == "has more than 3 bytes");
    within = {};
    within.faults_max = 1;
    const auto many = read_json("[1,2,3]", {}, within);
    BOOST_TEST(many.faults.size() == 1u);
    BOOST_TEST(many.faults_left_out == 2u);
    within = {};
    within.tags_max = 1;
    within.description_max = 4;
    const auto cut =
        read_json(R"([{"value":"a","tags":["x","y"],"description":"abc\u00e9f"},{"value":"b"}])", {}, within);
    BOOST_TEST(cut.shortened == 1u);
    BOOST_TEST(joined(cut.candidates[0].tags) == "x");
    BOOST_TEST(cut.candidates[0].description == "abc");
}

BOOST_AUTO_TEST_SUITE_END()
