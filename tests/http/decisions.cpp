#include "http/net/timeouts.hpp"
#include "http/protocol/entity_tag.hpp"
#include "http/protocol/host_list.hpp"
#include "http/protocol/inflater.hpp"
#include "http/protocol/media_type.hpp"
#include "http/protocol/problem.hpp"
#include "http/protocol/target.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// The front end's pure decisions, with literals: no socket, no thread.
namespace carrel::http {

namespace {

std::string decoded(std::string_view text, bool plus_is_blank = false) {
    std::string out;
    return percent_decode(text, plus_is_blank, out) ? out : "(bad)";
}

steady_time at(std::chrono::milliseconds moment) { return steady_time() + moment; }

using namespace std::chrono_literals;

}  // namespace

BOOST_AUTO_TEST_SUITE(decisions)

BOOST_AUTO_TEST_CASE(a_target_is_cut_into_path_and_query) {
    const auto origin = split_target("/a/b?c=d?e");
    BOOST_TEST(origin->path == "/a/b");
    BOOST_TEST(origin->query == "c=d?e");
    const auto absolute = split_target("HTTP://host:1/a?b");
    BOOST_TEST(absolute->authority == "host:1");
    BOOST_TEST(absolute->path == "/a");
    BOOST_TEST(split_target("http://host?q")->path == "/");
    BOOST_TEST(split_target("*")->path == "*");
}

BOOST_AUTO_TEST_CASE(what_no_uri_may_hold_is_no_target) {
    for (const std::string_view bad : {"", "a", "/a b", "/a\x01", "/\xc3\xa4", "/a#b", "host:80", "https://host/"})
        BOOST_TEST(!split_target(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(percent_encoding_gives_utf8_or_is_refused) {
    BOOST_TEST(decoded("a%20b%2Fc") == "a b/c");
    BOOST_TEST(decoded("%c3%A4") == "\xc3\xa4");
    BOOST_TEST(decoded("a+b") == "a+b");
    BOOST_TEST(decoded("a+b", true) == "a b");
    for (const std::string_view bad : {"%", "%2", "%zz", "a%4", "%ff", "%c3", "%ed%a0%80", "%c0%80"})
        BOOST_TEST(decoded(bad) == "(bad)", bad);
}

BOOST_AUTO_TEST_CASE(a_query_keeps_order_and_repeats) {
    query_list list;
    BOOST_TEST(decode_query("b=1&a=2&&b=%203+4&flag", list));
    BOOST_TEST(list.size() == 4u);
    BOOST_TEST(list[2].first == "b");
    BOOST_TEST(list[2].second == " 3 4");
    BOOST_TEST(list[3].first == "flag");
    BOOST_TEST(list[3].second.empty());
}

BOOST_AUTO_TEST_CASE(media_types_allow_no_parameter_but_utf8) {
    BOOST_TEST((media_type_of("application/json") == media_type::json));
    BOOST_TEST((media_type_of("Application/JSON ; charset=\"UTF-8\"") == media_type::json));
    BOOST_TEST((media_type_of("application/json;") == media_type::json));
    BOOST_TEST((media_type_of("application/merge-patch+json") == media_type::merge_patch));
    BOOST_TEST((media_type_of("application/x-ndjson;charset=utf-8") == media_type::ndjson));
    for (const std::string_view other : {"", "text/plain", "application/jsonx", "application/json; charset=latin1",
                                         "application/json; q=1", "application/json, text/plain"})
        BOOST_TEST((media_type_of(other) == media_type::other), other);
}

BOOST_AUTO_TEST_CASE(if_match_is_a_strong_list_or_any) {
    BOOST_TEST(parse_if_match("*")->any);
    BOOST_TEST((parse_if_match("\"7\"")->versions == std::vector<std::int64_t>{7}));
    BOOST_TEST((parse_if_match("\"1\" , \"2\"")->versions == std::vector<std::int64_t>{1, 2}));
    // Weak and foreign tags are well formed; they never match.
    BOOST_TEST((parse_if_match("W/\"1\", \"x\", \"01\", \"\"")->versions == std::vector<std::int64_t>{0, 0, 0, 0}));
    BOOST_TEST((parse_if_match("\"99999999999999999999\"")->versions == std::vector<std::int64_t>{0}));
    for (const std::string_view bad : {"", "1", "\"1", "\"1\" \"2\"", "\"1\",", "w/\"1\"", "*,\"1\""})
        BOOST_TEST(!parse_if_match(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(if_none_match_compares_weakly) {
    BOOST_TEST(names_version("\"3\"", 3));
    BOOST_TEST(names_version("W/\"3\"", 3));
    BOOST_TEST(names_version("\"1\", \"3\"", 3));
    BOOST_TEST(names_version("*", 3));
    BOOST_TEST(!names_version("\"2\"", 3));
    BOOST_TEST(!names_version("3", 3));
}

BOOST_AUTO_TEST_CASE(local_names_need_our_port_and_allowed_ones_only_if_they_name_one) {
    const host_list hosts(8080, {"soc.example", "other.example:9000"});
    for (const std::string_view ours : {"localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080",
                                        "soc.example", "soc.example:443", "other.example:9000"})
        BOOST_TEST(hosts.allows(ours), ours);
    for (const std::string_view foreign : {"localhost", "localhost:80", "127.0.0.1:8081", "evil", "localhost.evil:8080",
                                           "other.example", "[::1]", "soc.example.evil", ""})
        BOOST_TEST(!hosts.allows(foreign), foreign);
    BOOST_TEST(host_list(80, {}).allows("localhost"));
    BOOST_TEST(hosts.allows_origin("http://localhost:8080"));
    BOOST_TEST(!hosts.allows_origin("https://localhost:8080"));
    BOOST_TEST(!hosts.allows_origin("null"));
    BOOST_TEST(!hosts.allows_origin("http://evil"));
}

BOOST_AUTO_TEST_CASE(a_host_has_the_grammar_of_an_authority) {
    for (const std::string_view good : {"a", "a.b-c:80", "[::1]", "[::1]:8080", "1.2.3.4:"})
        BOOST_TEST(is_valid_host(good), good);
    for (const std::string_view bad : {"", ":80", "a b", "a/b", "a@b", "a:x", "a:65536", "[]", "a,b:c"})
        BOOST_TEST(!is_valid_host(bad), bad);
}

BOOST_AUTO_TEST_CASE(patience_ends_with_each_limit) {
    const limits bounds;
    BOOST_TEST(!has_expired(read_clock{reading::head, at(0ms), 0}, bounds, at(10'000ms)));
    BOOST_TEST(has_expired(read_clock{reading::head, at(0ms), 0}, bounds, at(10'001ms)));
    BOOST_TEST(!has_expired(read_clock{reading::idle, at(0ms), 0}, bounds, at(60'000ms)));
    BOOST_TEST(has_expired(read_clock{reading::idle, at(0ms), 0}, bounds, at(60'001ms)));
    BOOST_TEST(!has_expired(read_clock{reading::nothing, at(0ms), 0}, bounds, at(1'000'000ms)));
    BOOST_TEST(has_expired(read_clock{reading::body, at(0ms), 1'023}, bounds, at(30'001ms)));
    BOOST_TEST(!has_expired(read_clock{reading::body, at(0ms), 5 * 1'024}, bounds, at(35'000ms)));
    BOOST_TEST(has_expired(read_clock{reading::body, at(0ms), 5 * 1'024}, bounds, at(35'001ms)));
    BOOST_TEST(has_expired(write_clock{at(0ms), at(0ms)}, bounds, at(10'001ms)));
    BOOST_TEST(!has_expired(write_clock{at(0ms), at(55'000ms)}, bounds, at(60'000ms)));
    BOOST_TEST(has_expired(write_clock{at(0ms), at(60'000ms)}, bounds, at(60'001ms)));
}

BOOST_AUTO_TEST_CASE(engine_errors_become_the_contract_s_problems) {
    const auto code = [](const error& failure, access how) { return kind_of(refusal_of(failure, how)).code; };
    BOOST_TEST(code(errc::overloaded, access::read) == "overloaded");
    BOOST_TEST(code(errc::stopping, access::write) == "overloaded");
    BOOST_TEST(code(errc::writer_poisoned, access::write) == "overloaded");
    BOOST_TEST(code(errc::snapshot_too_old, access::read) == "overloaded");
    BOOST_TEST(code(errc::deadline_exceeded, access::read) == "timeout");
    BOOST_TEST(code(errc::deadline_exceeded, access::write) == "overloaded");
    BOOST_TEST(code(errc::outcome_unknown, access::write) == "outcome_unknown");
    BOOST_TEST(code(make_error_code(sqlite_errc::full), access::write) == "storage_full");
    BOOST_TEST(code(make_error_code(sqlite_errc::corrupt), access::read) == "internal");
    BOOST_TEST(code(errc::work_threw, access::write) == "internal");
}

BOOST_AUTO_TEST_CASE(a_problem_has_its_members_in_the_contract_s_order) {
    siem::fault field, line;
    field.field = "title";
    field.detail = "is \"long\"";
    line.line = 7;
    line.detail = "is broken";
    const siem::fault faults[] = {field, line};
    const std::pair<std::string, std::string> extra[] = {{"accepted", "3"}};
    std::string text;
    write_problem(text, refusal::invalid, "no", "/x", "id", faults, extra);
    BOOST_TEST(
        text ==
        R"({"type":"/problems/invalid","title":"Invalid","status":422,"detail":"no","instance":"/x","request_id":"id",)"
        R"("errors":[{"field":"title","detail":"is \"long\""},{"line":7,"detail":"is broken"}],"accepted":3})");
    text.clear();
    write_problem(text, refusal::not_found, "no", "/x", "id", {}, {});
    BOOST_TEST(text.find("errors") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_inflater_knows_broken_from_unfinished) {
    inflater fresh;
    std::string_view garbage = "this is no gzip at all";
    BOOST_TEST(fresh.step(garbage).empty());
    BOOST_TEST(fresh.is_broken());
    inflater waiting;
    std::string_view beginning("\x1f\x8b\x08\x00", 4);
    BOOST_TEST(waiting.step(beginning).empty());
    BOOST_TEST(!waiting.is_broken());
    BOOST_TEST(!waiting.is_complete());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::http
