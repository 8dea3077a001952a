#include "cli/log_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstdio>

using namespace carrel;
using namespace carrel::cli;

BOOST_AUTO_TEST_SUITE(log_lines)

namespace {

constexpr std::int64_t at = 1'795'773'600'123'456;
const telemetry::log_origin of_request{"4f-1", "4bf92f3577b34da6a3ce929d0e0e4736"};

}  // namespace

BOOST_AUTO_TEST_CASE(the_text_has_time_level_and_request) {
    const auto form = form_of("text", false);
    BOOST_TEST(log_line(form, log_level::warning, at, "m") == "2026-11-27T10:00:00.123456Z warning m\n");
    BOOST_TEST(log_line(form, log_level::error, at, "m", {"4f-1", {}}) ==
               "2026-11-27T10:00:00.123456Z error request 4f-1: m\n");
    BOOST_TEST(log_line(form, log_level::error, at, "m", of_request) ==
               "2026-11-27T10:00:00.123456Z error request 4f-1 of trace 4bf92f3577b34da6a3ce929d0e0e4736: m\n");
}

BOOST_AUTO_TEST_CASE(the_journal_gets_priorities_and_keeps_the_time_itself) {
    BOOST_TEST((form_of("text", true) == form_of("journal", false)));
    const auto form = form_of("journal", false);
    BOOST_TEST(log_line(form, log_level::debug, at, "m") == "<7>m\n");
    BOOST_TEST(log_line(form, log_level::info, at, "m") == "<6>m\n");
    BOOST_TEST(log_line(form, log_level::warning, at, "m") == "<4>m\n");
    BOOST_TEST(log_line(form, log_level::error, at, "m", {"4f-1", {}}) == "<3>request 4f-1: m\n");
    BOOST_TEST(log_line(form_of("json", true), log_level::error, at, "m").starts_with("<3>{\"time\":"));
}

BOOST_AUTO_TEST_CASE(an_object_has_the_request_as_members) {
    const auto line = log_line(form_of("json", false), log_level::error, at, "m\n\"x\"", of_request);
    const auto read = boost::json::parse(line).as_object();
    BOOST_TEST(read.at("time").as_string() == "2026-11-27T10:00:00.123456Z");
    BOOST_TEST(read.at("level").as_string() == "error");
    BOOST_TEST(read.at("message").as_string() == "m\n\"x\"");
    BOOST_TEST(read.at("request_id").as_string() == "4f-1");
    BOOST_TEST(read.at("trace_id").as_string() == "4bf92f3577b34da6a3ce929d0e0e4736");
    BOOST_TEST(line.find('\n') == line.size() - 1);
    BOOST_TEST(!boost::json::parse(log_line(form_of("json", false), log_level::info, at, "m"))
                    .as_object()
                    .contains("request_id"));
}

BOOST_AUTO_TEST_CASE(nothing_that_somebody_sent_makes_another_line) {
    BOOST_TEST(log_line(form_of("journal", false), log_level::info, at, "a\n<0>b\r\x1b[31m\x7f\xff\xc3\xa4") ==
               "<6>a\\n<0>b\\x0d\\x1b[31m\\x7f\\xff\xc3\xa4\n");
    const auto line = log_line(form_of("json", false), log_level::info, at, "\xff\xc3");
    BOOST_TEST(boost::json::parse(line).at("message").as_string() == "\\xff\\xc3");
}

BOOST_AUTO_TEST_CASE(a_stream_is_the_journals_by_its_device_and_inode) {
    std::FILE* const file = std::tmpfile();
    struct stat about {};
    BOOST_TEST_REQUIRE(::fstat(::fileno(file), &about) == 0);
    const auto named = std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
    BOOST_TEST(is_journal(::fileno(file), named.c_str()));
    for (const std::string& wrong : {std::string(), named + "0", "1" + named, named + " ", "-" + named, ":" + named,
                                     std::to_string(about.st_dev), std::to_string(about.st_dev) + ":"})
        BOOST_TEST(!is_journal(::fileno(file), wrong.c_str()), wrong);
    BOOST_TEST(!is_journal(::fileno(file), nullptr));
    BOOST_TEST(!is_journal(-1, named.c_str()));
    std::fclose(file);
}

BOOST_AUTO_TEST_SUITE_END()
