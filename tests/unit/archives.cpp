// Archives that are as they should be: what goes in comes out, in each form.
#include "archive/entry_name.hpp"
#include "archive/gzip.hpp"
#include "archive/read.hpp"
#include "archive/sniff.hpp"
#include "archive/write.hpp"
#include "support/gzipped.hpp"
#include "support/tar_block.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>

using namespace carrel;
using archive::kind;
using std::chrono::sys_seconds;
using testing::gzipped;
using testing::tar_block;
using testing::tar_end;

namespace {

constexpr sys_seconds changed{std::chrono::seconds(1'795'773'601)};

std::string long_name() { return std::string(150, 'd') + "/" + std::string(150, 'n') + ".yml"; }

std::vector<archive::file> some_files() {
    std::string bytes;
    for (unsigned i = 0; i < 300'000; ++i) bytes.push_back(static_cast<char>(i * i >> 3));
    return {{"rules/a.yml", "title: A\n"},
            {"rules/ü/名前.yml", "title: Ü\n"},
            {"empty", ""},
            {long_name(), "x"},
            {"bytes", bytes}};
}

std::vector<archive::entry> entries_of(const std::vector<archive::file>& files) {
    std::vector<archive::entry> entries;
    for (const auto& each : files) entries.push_back({each.name, each.bytes});
    return entries;
}

std::string shown(const std::vector<archive::file>& files) {
    std::string text;
    for (const auto& each : files) text += each.name + "=" + each.bytes + ";";
    return text;
}

std::string shown(const base::outcome<std::vector<archive::file>>& read) {
    return read ? shown(*read) : "failure: " + read.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(archives)

BOOST_AUTO_TEST_CASE(what_was_written_is_read_byte_for_byte_and_in_order) {
    const auto files = some_files();
    const auto tar = archive::write_tar_gz(entries_of(files), changed);
    BOOST_REQUIRE(tar.has_value());
    BOOST_TEST((archive::sniff(*tar) == kind::tar_gz));
    BOOST_TEST((shown(archive::read_all(*tar)) == shown(files)));
    const auto zip = archive::write_zip(entries_of(files), changed);
    BOOST_REQUIRE(zip.has_value());
    BOOST_TEST((archive::sniff(*zip) == kind::zip));
    BOOST_TEST((shown(archive::read_all(*zip)) == shown(files)));
    const auto plain = archive::unpack_gzip(*tar, 1 << 20);
    BOOST_REQUIRE(plain.has_value());
    BOOST_TEST((archive::sniff(*plain) == kind::tar));
    BOOST_TEST((shown(archive::read_all(*plain)) == shown(files)));
}

BOOST_AUTO_TEST_CASE(an_archive_without_files_is_read) {
    const auto zip = archive::write_zip({}, changed);
    BOOST_REQUIRE(zip.has_value());
    BOOST_TEST(shown(archive::read_all(*zip)) == "");
}

BOOST_AUTO_TEST_CASE(the_same_files_give_the_same_bytes_in_any_time_zone) {
    const auto files = some_files();
    const auto zip = archive::write_zip(entries_of(files), changed);
    const auto tar = archive::write_tar_gz(entries_of(files), changed);
    const char* before = std::getenv("TZ");
    const std::string zone = before == nullptr ? "" : before;
    ::setenv("TZ", "Asia/Kathmandu", 1);
    ::tzset();
    const auto zip_there = archive::write_zip(entries_of(files), changed);
    const auto tar_there = archive::write_tar_gz(entries_of(files), changed);
    before == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", zone.c_str(), 1);
    ::tzset();
    BOOST_TEST((zip.value() == zip_there.value()));
    BOOST_TEST((tar.value() == tar_there.value()));
    BOOST_TEST((archive::write_zip(entries_of(files), changed + std::chrono::hours(5)).value() != zip.value()));
}

BOOST_AUTO_TEST_CASE(directories_are_skipped_and_a_dot_in_front_says_nothing) {
    const auto tar = tar_block({"./", "", '5'}) + tar_block({"./rules/", "", '5'}) + tar_block({"./rules/a", "1"}) +
                     tar_block({".//b", "2"}) + tar_end();
    BOOST_TEST(shown(archive::read_all(tar)) == "rules/a=1;b=2;");
}

BOOST_AUTO_TEST_CASE(archives_one_behind_the_other_are_one) {
    const auto first = tar_block({"a", "1"}) + tar_end();
    const auto second = tar_block({"b", "2"}) + tar_end();
    BOOST_TEST(shown(archive::read_all(first + second)) == "a=1;b=2;");
    BOOST_TEST(shown(archive::read_all(gzipped(first) + gzipped(second))) == "a=1;b=2;");
}

BOOST_AUTO_TEST_CASE(the_kind_of_a_body_is_in_its_bytes) {
    const auto tar = tar_block({"a", "1"}) + tar_end();
    BOOST_TEST((archive::sniff("") == kind::empty));
    BOOST_TEST((archive::sniff("title: A\n") == kind::text));
    BOOST_TEST((archive::sniff("\xff\xfe\x01") == kind::other));
    BOOST_TEST((archive::sniff(tar) == kind::tar));
    BOOST_TEST((archive::sniff(gzipped(tar)) == kind::tar_gz));
    BOOST_TEST((archive::sniff(gzipped("title: A\n")) == kind::gzip));
    BOOST_TEST((archive::sniff("\x1f\x8b") == kind::gzip));
    BOOST_TEST((archive::sniff("PK\x03\x04") == kind::zip));
    auto v7 = tar;
    v7.replace(257, 8, 8, '\0');
    BOOST_TEST((archive::sniff(v7) != kind::tar));  // its checksum is another now
}

BOOST_AUTO_TEST_CASE(a_name_must_be_a_relative_path_in_utf8) {
    const auto fault = [](std::string_view name) { return std::string(archive::name_fault(name)); };
    for (const char* name : {"a", "a/b.yml", "..a/b", "a..", ".hidden", "ü", "a b", "..."})
        BOOST_TEST(fault(name) == "", name);
    for (const char* name : {"..", "../a", "a/../b", "a/..", "./../a"})
        BOOST_TEST(fault(name) == "has '..' in its path", name);
    BOOST_TEST(fault("/etc/passwd") == "has an absolute path");
    BOOST_TEST(fault("a\\..\\b") == "has a backslash in its name");
    BOOST_TEST(fault("a\xff") == "has a name that is not UTF-8");
    BOOST_TEST(fault(std::string_view("a\0b", 3)) == "has a control character in its name");
    BOOST_TEST(fault("a\x1b[2J") == "has a control character in its name");
    BOOST_TEST(fault("a\xc2\x9b") == "has a control character in its name");
    BOOST_TEST(fault("") == "has no name");
    BOOST_TEST(fault(std::string(1025, 'a')) == "has a name of more than 1024 bytes");
    BOOST_TEST(archive::shown_name("a\x1b\xff") == "a\\x1b\\xff");
    BOOST_TEST(archive::write_zip(std::vector<archive::entry>{{"../a", "x"}}, changed).error().text ==
               "the entry '../a' has '..' in its path");
}

BOOST_AUTO_TEST_CASE(gzip_unpacks_up_to_its_limit) {
    BOOST_TEST(archive::unpack_gzip(gzipped("abc"), 3).value() == "abc");
    BOOST_TEST(archive::unpack_gzip(gzipped("abcd"), 3).error().text ==
               "the body has more than 3 bytes once it is unpacked");
    BOOST_TEST(
        archive::unpack_gzip(gzipped("abcd").substr(0, 12), 9).error().text.starts_with("the gzip data ends early"));
    BOOST_TEST(archive::unpack_gzip("title: A", 9).error().text.starts_with("the body is not valid gzip"));
}

BOOST_AUTO_TEST_SUITE_END()
