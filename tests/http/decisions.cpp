#include "http/net/timeouts.hpp"
#include "http/protocol/chunk_extension.hpp"
#include "http/protocol/content_coding.hpp"
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

BOOST_AUTO_TEST_CASE(media_types_are_known_by_their_names_in_utf8) {
    for (const std::string_view json :
         {"application/json", "Application/JSON ; charset=\"UTF-8\"", "application/json;",
          "application/json;charset=utf8", "application/json; q=1", "application/json; charset=us-ascii; version=2"})
        BOOST_TEST((media_type_of(json) == media_type::json), json);
    BOOST_TEST((media_type_of("application/merge-patch+json") == media_type::merge_patch));
    for (const std::string_view ndjson : {"application/x-ndjson;charset=utf-8", "application/ndjson",
                                          "Application/JSONL", "application/x-jsonlines", "application/jsonlines; v=1"})
        BOOST_TEST((media_type_of(ndjson) == media_type::ndjson), ndjson);
    for (const std::string_view other : {"", "text/plain", "application/jsonx", "application/json; charset=latin1",
                                         "application/json; charset", "application/json, text/plain"})
        BOOST_TEST((media_type_of(other) == media_type::other), other);
}

BOOST_AUTO_TEST_CASE(content_codings_are_read_from_lists) {
    for (const std::string_view plain : {"", "identity", "identity, identity"})
        BOOST_TEST((content_coding_of(plain) == content_coding::identity), plain);
    for (const std::string_view gzip : {"gzip", "X-GZIP", "identity, gzip"})
        BOOST_TEST((content_coding_of(gzip) == content_coding::gzip), gzip);
    for (const std::string_view other : {"br", "gzip, gzip", "gzip;q=1"})
        BOOST_TEST((content_coding_of(other) == content_coding::other), other);
    for (const std::string_view yes : {"gzip", "br, gzip;q=0.5", "*", "deflate, *;q=0.1"})
        BOOST_TEST(accepts_gzip(yes), yes);
    for (const std::string_view no : {"", "br", "gzip;q=0", "*, gzip; q=0.000", "identity"})
        BOOST_TEST(!accepts_gzip(no), no);
}

BOOST_AUTO_TEST_CASE(chunk_extensions_have_a_grammar) {
    for (const std::string_view good : {"", ";a", ";a=b", "; a = \"x y\\\"z\" ;b", ";a=\"\""})
        BOOST_TEST(is_chunk_extension(good), good);
    for (const std::string_view bad : {"a", ";", ";a=", ";a=\"\n\"", ";a=\"x", ";a=\"x\\", ";a b", ";a=b c", ";=b"})
        BOOST_TEST(!is_chunk_extension(bad), bad);
}

BOOST_AUTO_TEST_CASE(if_match_is_a_strong_list_or_any) {
    BOOST_TEST(parse_if_match("*")->any);
    BOOST_TEST((parse_if_match("\"7\"")->versions == std::vector<std::int64_t>{7}));
    BOOST_TEST((parse_if_match("\"1\" , \"2\"")->versions == std::vector<std::int64_t>{1, 2}));
    // Weak and foreign tags are well formed; they never match.
    BOOST_TEST((parse_if_match("W/\"1\", \"x\", \"01\", \"\"")->versions == std::vector<std::int64_t>{0, 0, 0, 0}));
    BOOST_TEST((parse_if_match("\"99999999999999999999\"")->versions == std::vector<std::int64_t>{0}));
    // Empty elements count for nothing.
    for (const std::string_view one : {"\"1\",", ", \"1\"", " ,\t, \"1\" , ,"})
        BOOST_TEST((parse_if_match(one).value().versions == std::vector<std::int64_t>{1}), one);
    for (const std::string_view bad : {"", ",", "1", "\"1", "\"1\" \"2\"", "w/\"1\"", "*,\"1\"", "\"1\", 2"})
        BOOST_TEST(!parse_if_match(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(if_none_match_compares_weakly) {
    BOOST_TEST(parse_if_none_match("\"3\"")->names(3));
    BOOST_TEST(parse_if_none_match("W/\"3\"")->names(3));
    BOOST_TEST(parse_if_none_match("\"1\", \"3\"")->names(3));
    BOOST_TEST(parse_if_none_match("*")->names(3));
    BOOST_TEST(!parse_if_none_match("\"2\"")->names(3));
    BOOST_TEST(!parse_if_none_match("3").has_value());
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
    BOOST_TEST(hosts.allows_origin("http://localhost:8080", "http"));
    BOOST_TEST(!hosts.allows_origin("https://localhost:8080", "http"));
    BOOST_TEST(!hosts.allows_origin("null", "http"));
    BOOST_TEST(!hosts.allows_origin("http://evil", "http"));
    BOOST_TEST(hosts.allows_origin("https://soc.example", "https"));
    BOOST_TEST(!hosts.allows_origin("http://soc.example", "https"));
    const host_list open(8080, {}, {"https://siem.example"});
    BOOST_TEST(open.allows_origin("https://siem.example", "http"));
    BOOST_TEST(!open.allows_origin("https://siem.example:444", "http"));
    BOOST_TEST(!open.allows("siem.example"));
}

BOOST_AUTO_TEST_CASE(a_host_has_the_grammar_of_an_authority) {
    for (const std::string_view good : {"a", "a.b-c:80", "[::1]", "[::1]:8080", "1.2.3.4:"})
        BOOST_TEST(is_valid_host(good), good);
    for (const std::string_view bad : {"", ":80", "a b", "a/b", "a@b", "a:x", "a:65536", "[]", "a,b:c"})
        BOOST_TEST(!is_valid_host(bad), bad);
}

BOOST_AUTO_TEST_CASE(a_head_and_an_idle_connection_have_a_time_of_their_own) {
    const limits bounds;
    receive_timer timer;
    timer.begin(awaiting::head, at(0ms));
    timer.received(1'000'000, at(9'000ms));
    BOOST_TEST(!has_expired(timer, bounds, at(10'000ms)));
    BOOST_TEST(has_expired(timer, bounds, at(10'001ms)));
    timer.begin(awaiting::request, at(0ms));
    BOOST_TEST(!has_expired(timer, bounds, at(60'000ms)));
    BOOST_TEST(has_expired(timer, bounds, at(60'001ms)));
    timer.begin(awaiting::nothing, at(0ms));
    BOOST_TEST(!has_expired(timer, bounds, at(1'000'000ms)));
}

BOOST_AUTO_TEST_CASE(a_body_earns_no_credit_for_bytes_it_has_sent_before) {
    const limits bounds;
    receive_timer timer;
    timer.begin(awaiting::body, at(0ms));
    timer.received(64u << 20, at(100ms));
    BOOST_TEST(!has_expired(timer, bounds, at(10'100ms)));
    BOOST_TEST(has_expired(timer, bounds, at(10'101ms)));  // nothing for body_progress_max
    timer.received(1, at(10'100ms));
    timer.received(1, at(20'000ms));
    timer.received(1, at(30'000ms));
    BOOST_TEST(!has_expired(timer, bounds, at(30'001ms)));
    roll_window(timer, bounds, at(30'001ms));
    timer.received(30 * 1'024 - 1, at(55'000ms));  // just too few for this window
    BOOST_TEST(!has_expired(timer, bounds, at(60'001ms)));
    BOOST_TEST(has_expired(timer, bounds, at(60'002ms)));
    timer.received(1, at(60'001ms));
    BOOST_TEST(!has_expired(timer, bounds, at(60'002ms)));
}

BOOST_AUTO_TEST_CASE(a_response_is_taken_when_it_is_acknowledged) {
    const limits bounds;
    send_timer timer;
    timer.observe(1'000, 1'000, at(0ms));
    timer.observe(1'000, 1'000, at(10'000ms));
    BOOST_TEST(!has_expired(timer, bounds, at(10'000ms)));
    BOOST_TEST(has_expired(timer, bounds, at(10'001ms)));
    timer.observe(1'000, 900, at(10'001ms));  // a little at a time, up to write_time_max
    BOOST_TEST(!has_expired(timer, bounds, at(20'001ms)));
    for (int i = 2; i <= 6; ++i)
        timer.observe(1'000, 1'000 - static_cast<std::uint64_t>(i), at(std::chrono::seconds(10 * i)));
    timer.observe(1'000, 800, at(60'001ms));
    BOOST_TEST(has_expired(timer, bounds, at(60'001ms)));
    // More was queued, but all that waited at the last look has been taken.
    timer.observe(5'000, 4'000, at(60'002ms));
    BOOST_TEST(!has_expired(timer, bounds, at(60'003ms)));
    timer.observe(5'000, 0, at(60'004ms));
    BOOST_TEST(!has_expired(timer, bounds, at(1'000'000ms)));
}

BOOST_AUTO_TEST_CASE(engine_errors_become_the_contract_s_problems) {
    const auto code = [](const error& failure, session_kind how) { return kind_of(refusal_of(failure, how)).code; };
    BOOST_TEST(code(errc::overloaded, session_kind::read) == "overloaded");
    BOOST_TEST(code(errc::stopping, session_kind::write) == "overloaded");
    BOOST_TEST(code(errc::writer_poisoned, session_kind::write) == "overloaded");
    BOOST_TEST(code(errc::snapshot_too_old, session_kind::read) == "overloaded");
    BOOST_TEST(code(errc::deadline_exceeded, session_kind::read) == "timeout");
    BOOST_TEST(code(errc::deadline_exceeded, session_kind::write) == "overloaded");
    BOOST_TEST(code(errc::outcome_unknown, session_kind::write) == "outcome_unknown");
    BOOST_TEST(code(make_error_code(sqlite_errc::full), session_kind::write) == "storage_full");
    BOOST_TEST(code(make_error_code(sqlite_errc::corrupt), session_kind::read) == "internal");
    BOOST_TEST(code(errc::work_threw, session_kind::write) == "internal");
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
    const std::vector<siem::fault> many(130, field);
    text.clear();
    write_problem(text, refusal::invalid, "no", "/x", "id", many, {});
    BOOST_TEST(text.ends_with(R"("errors_omitted":30})"));
    text.clear();
    write_problem(text, refusal::not_found, "no", "/x", "id", {}, {});
    BOOST_TEST(text.find("errors") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_inflater_knows_broken_from_unfinished) {
    inflater fresh;
    std::string_view garbage = "this is not gzip at all";
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
