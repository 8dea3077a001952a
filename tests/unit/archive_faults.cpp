// Archives that must be refused whole, with what is wrong and where.
#include "archive/read.hpp"
#include "archive/write.hpp"
#include "support/gzipped.hpp"
#include "support/tar_block.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

using namespace carrel;
using testing::gzipped;
using testing::tar_block;
using testing::tar_end;

namespace {

constexpr std::chrono::sys_seconds changed{std::chrono::seconds(1'795'773'600)};

std::string fault_of(std::string_view bytes, const archive::limits& bounds = {}) {
    const auto read = archive::read_all(bytes, bounds);
    return read ? "none" : read.error().text;
}

// Of an archive in which a good file stands before the bad one.
std::string fault_behind_good(const testing::tar_entry& bad) {
    const auto tar = tar_block({"good", "1"}) + tar_block(bad) + tar_end();
    const auto fault = fault_of(tar);
    BOOST_TEST(fault_of(gzipped(tar)) == fault);
    return fault;
}

std::string zip_of(std::initializer_list<archive::entry> entries) {
    return archive::write_zip(std::vector<archive::entry>(entries), changed).value();
}

// Changes all that a zip says of a name, of the same length.
std::string renamed(std::string zip, std::string_view from, std::string_view to) {
    for (auto at = zip.find(from); at != zip.npos; at = zip.find(from, at + 1)) zip.replace(at, from.size(), to);
    return zip;
}

long kib_in_use() {
    struct rusage use {};
    ::getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(archive_faults)

BOOST_AUTO_TEST_CASE(an_entry_that_is_no_file_refuses_the_archive) {
    BOOST_TEST(fault_behind_good({"l", "", '2', "/etc/passwd"}) == "the entry 'l' is a link");
    BOOST_TEST(fault_behind_good({"h", "", '1', "good"}) == "the entry 'h' is a link");
    BOOST_TEST(fault_behind_good({"d", "", '3'}) == "the entry 'd' is neither a file nor a directory");
    BOOST_TEST(fault_behind_good({"b", "", '4'}) == "the entry 'b' is neither a file nor a directory");
    BOOST_TEST(fault_behind_good({"p", "", '6'}) == "the entry 'p' is neither a file nor a directory");
}

BOOST_AUTO_TEST_CASE(a_name_that_leads_out_refuses_the_archive) {
    BOOST_TEST(fault_behind_good({"../up", "x"}) == "the entry '../up' has '..' in its path");
    BOOST_TEST(fault_behind_good({"a/../../up", "x"}) == "the entry 'a/../../up' has '..' in its path");
    BOOST_TEST(fault_behind_good({"../", "", '5'}) == "the entry '../' has '..' in its path");
    BOOST_TEST(fault_behind_good({"/etc/x", "x"}) == "the entry '/etc/x' has an absolute path");
    BOOST_TEST(fault_behind_good({"a\xff", "x"}) == "the entry 'a\\xff' has a name that is not UTF-8");
    BOOST_TEST(fault_behind_good({"a\nb", "x"}) == "the entry 'a\\x0ab' has a control character in its name");
    const auto zip = zip_of({{"good", "1"}, {"abcdef", "2"}});
    BOOST_TEST(fault_of(renamed(zip, "abcdef", "../../")) == "the entry '../../' has '..' in its path");
    BOOST_TEST(fault_of(renamed(zip, "abcdef", "/bcdef")) == "the entry '/bcdef' has an absolute path");
    BOOST_TEST(fault_of(renamed(zip, "abcdef", std::string_view("abc\0ef", 6))) ==
               "the entry 'abc\\x00ef' has a control character in its name");
    BOOST_TEST(fault_of(renamed(zip, "abcdef", "abcd\xff\xff")) ==
               "the entry 'abcd\\xff\\xff' has a name that is not UTF-8");
}

BOOST_AUTO_TEST_CASE(a_long_name_of_a_pax_header_is_held_to_the_same) {
    const std::string record = "28 path=../../../etc/passwd\n";
    BOOST_REQUIRE(record.size() == 28u);
    const auto tar = tar_block({"pax", record, 'x'}) + tar_block({"harmless", "x"}) + tar_end();
    BOOST_TEST(fault_of(tar) == "the entry '../../../etc/passwd' has '..' in its path");
    const auto gnu = tar_block({"././@LongLink", std::string_view("../x\0", 5), 'L'}) + tar_block({"harmless", "x"});
    BOOST_TEST(fault_of(gnu + tar_end()) == "the entry '../x' has '..' in its path");
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_cut_anywhere_is_refused) {
    std::string noise;
    for (unsigned i = 0, state = 1; i < 3'000; ++i)
        noise.push_back(static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24));
    const std::vector<archive::entry> entries{{"a", "1"}, {"b", noise}, {"c", ""}};
    const auto packed = archive::write_tar_gz(entries, changed).value();
    const auto zip = archive::write_zip(entries, changed).value();
    const auto tar = tar_block({"a", "1"}) + tar_block({"b", noise}) + tar_block({"c", ""}) + tar_end();
    BOOST_TEST(fault_of(packed) == "none");
    BOOST_TEST(fault_of(zip) == "none");
    BOOST_TEST(fault_of(tar) == "none");
    for (std::size_t size = 0; size < packed.size(); ++size)
        BOOST_TEST(fault_of(packed.substr(0, size)) != "none", size);
    for (std::size_t size = 0; size < zip.size(); ++size) BOOST_TEST(fault_of(zip.substr(0, size)) != "none", size);
    for (std::size_t size = 0; size < tar.size(); ++size) BOOST_TEST(fault_of(tar.substr(0, size)) != "none", size);
    BOOST_TEST(fault_of(packed.substr(0, packed.size() - 4)).starts_with("the gzip data ends early"));
    BOOST_TEST(fault_of(tar.substr(0, tar.size() - 1024)) ==
               "the tar is cut behind 3 files: the blocks that end it are missing");
    BOOST_TEST(fault_of(zip.substr(0, zip.size() - 1)).starts_with("the zip is cut"));
}

BOOST_AUTO_TEST_CASE(a_byte_that_was_changed_is_noticed_by_the_checksum) {
    auto packed = gzipped(tar_block({"a", "1"}) + tar_end());
    packed[packed.size() - 6] ^= 1;
    BOOST_TEST(fault_of(packed) == "the archive is not valid gzip (before the first entry)");
    auto zip = zip_of({{"a", "1"}, {"b", "once upon a time"}});
    const auto crc_at = zip.rfind("PK\x01\x02") + 16;
    const auto crc = zip.substr(crc_at, 4);
    for (auto at = zip.find(crc); at != zip.npos; at = zip.find(crc, at + 1)) zip[at] ^= 1;
    const auto fault = fault_of(zip);
    BOOST_TEST(fault.find("CRC") != fault.npos, fault);
    BOOST_TEST(fault.find("'b'") != fault.npos, fault);
    auto header = tar_block({"a", "1"}) + tar_block({"b", "2"}) + tar_end();
    header[1024] = 'x';
    BOOST_TEST(fault_of(header).find("entry 'a'") != std::string::npos, fault_of(header));
}

BOOST_AUTO_TEST_CASE(an_encrypted_zip_is_refused_by_name) {
    auto zip = zip_of({{"open", "1"}, {"secret", "2"}});
    zip[zip.rfind("PK\x01\x02") + 8] |= 1;
    BOOST_TEST(fault_of(zip) == "the entry 'secret' is encrypted");
    auto local = zip_of({{"open", "1"}, {"secret", "2"}});
    local[local.rfind("PK\x03\x04") + 6] |= 1;
    BOOST_TEST(fault_of(local) == "the entry 'secret' is encrypted");
}

BOOST_AUTO_TEST_CASE(a_zip_that_says_two_things_is_refused) {
    const auto zip = zip_of({{"abcdef", "1"}});
    auto other_name = zip;
    other_name.replace(other_name.find("abcdef"), 6, "ghijkl");
    BOOST_TEST(fault_of(other_name) == "the entry 'abcdef' has another name in front of its data");
    auto method = zip;
    method[method.find("PK\x01\x02") + 10] = 14;
    BOOST_TEST(fault_of(method) == "the entry 'abcdef' is packed by method 14, which is not taken");
    BOOST_TEST(fault_of(zip + "x").starts_with("the zip is cut or damaged"));
    auto fewer = zip_of({{"a", "1"}, {"b", "2"}});
    fewer[fewer.size() - 12] = 1;
    BOOST_TEST(fault_of(fewer) == "the zip's directory has more in it than its count of entries says");
    const auto front = std::string("PK\x03\x04") + zip;
    BOOST_TEST(fault_of(front) == "the zip is not one whole file from its first byte to its last");
}

BOOST_AUTO_TEST_CASE(what_is_no_archive_is_said_to_be_none) {
    BOOST_TEST(fault_of("") == "this is no tar, gzip'd tar or zip, but empty");
    BOOST_TEST(fault_of("title: A") == "this is no tar, gzip'd tar or zip, but text");
    BOOST_TEST(fault_of(gzipped("title: A")) == "this is no tar, gzip'd tar or zip, but gzip");
    BOOST_TEST(fault_of("7z\xbc\xaf\x27\x1c") == "this is no tar, gzip'd tar or zip, but unknown");
}

BOOST_AUTO_TEST_CASE(limits_hold_and_are_named) {
    const archive::limits bounds{.bytes_max = 100, .entry_bytes_max = 60, .entries_max = 3};
    for (const bool zips : {false, true}) {
        const auto made = [&](std::vector<archive::entry> entries) {
            return (zips ? archive::write_zip(entries, changed) : archive::write_tar_gz(entries, changed)).value();
        };
        const std::string sixty(60, 'x'), more(61, 'x');
        BOOST_TEST(fault_of(made({{"a", sixty}, {"b", "1"}, {"c", "2"}}), bounds) == "none");
        BOOST_TEST(fault_of(made({{"a", more}}), bounds) == "the entry 'a' has more than 60 bytes");
        BOOST_TEST(fault_of(made({{"a", sixty}, {"b", sixty}}), bounds) ==
                   "the entry 'b' brings the archive beyond 100 unpacked bytes");
        const auto many = fault_of(made({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}), bounds);
        BOOST_TEST(many.find("entries") != many.npos, many);
    }
}

BOOST_AUTO_TEST_CASE(a_hundred_megabytes_of_zeros_cost_no_memory) {
    const std::size_t zeros = 100'000'000;
    std::string bomb, zip_bomb, padding;
    {
        const std::string content(zeros, '\0');
        bomb = gzipped(tar_block({"bomb", content}) + tar_end());
        zip_bomb = zip_of({{"bomb", content}});
        padding = gzipped(tar_block({"a", "1"}) + content);
    }
    BOOST_TEST(bomb.size() < 120'000u);
    const auto before = kib_in_use();
    BOOST_TEST(fault_of(bomb) == "the entry 'bomb' has more than 16777216 bytes");
    BOOST_TEST(fault_of(zip_bomb) == "the entry 'bomb' has more than 16777216 bytes");
    const archive::limits small{.bytes_max = 1 << 20, .entries_max = 100};
    BOOST_TEST(fault_of(padding, small).starts_with("the archive has more than 1458176 bytes once it is unpacked"));
    BOOST_TEST(fault_of(gzipped(std::string(1'000'000, '\0'))) == "this is no tar, gzip'd tar or zip, but gzip");
    BOOST_TEST(kib_in_use() - before < 40'000);
}

BOOST_AUTO_TEST_CASE(a_zip_that_lies_about_a_size_is_held_to_what_it_gives) {
    auto zip = zip_of({{"a", std::string(100'000, 'x')}});
    const std::string said("\xa0\x86\x01\x00", 4);  // 100,000
    for (auto at = zip.find(said); at != zip.npos; at = zip.find(said, at + 1))
        zip.replace(at, 4, std::string("\x0a\0\0\0", 4));
    const auto fault = fault_of(zip);
    BOOST_TEST(fault.find("'a'") != fault.npos, fault);
}

BOOST_AUTO_TEST_SUITE_END()
