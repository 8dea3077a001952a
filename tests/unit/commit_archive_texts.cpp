// What is typed about an archive, and the page that holds a commit's number.
#include "commit_archive/restore.hpp"
#include "commit_archive/sender.hpp"
#include "commit_archive/wal.hpp"

#include <boost/test/unit_test.hpp>

namespace carrel::commits {
namespace {

using words = std::vector<std::string>;

// A leaf of a table, as SQLite writes one row of that table: sizes of the record, its key, its header, the number.
std::string page_with(std::string_view record) {
    std::string page(512, '\0');
    page[0] = 0x0d;
    page[4] = 1;
    const auto at = page.size() - record.size() - 2;
    page[8] = static_cast<char>(at >> 8);
    page[9] = static_cast<char>(at & 255);
    page[at] = static_cast<char>(record.size());
    page[at + 1] = 1;
    page.replace(at + 2, record.size(), record);
    return page;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_archive_texts)

BOOST_AUTO_TEST_CASE(a_command_is_split_without_a_shell) {
    BOOST_TEST((split_command("cp %p /there/%f") == words{"cp", "%p", "/there/%f"}));
    BOOST_TEST((split_command("  a  'b c' \"d $e\" f\\ g '' ") == words{"a", "b c", "d $e", "f g", ""}));
    BOOST_TEST((split_command("x'y'z") == words{"xyz"}));
    BOOST_TEST((split_command("a 'b \"c' \"d'e\"") == words{"a", "b \"c", "d'e"}));
    BOOST_TEST(!split_command("a 'b"));
    BOOST_TEST((split_command("") == words{}));
}

BOOST_AUTO_TEST_CASE(a_file_is_filled_in) {
    const std::string path = "/archive/00000003/base-7.zst";
    BOOST_TEST(fill_in("%p", path) == path);
    BOOST_TEST(fill_in("to=%g/%f", path) == "to=00000003/base-7.zst");
    BOOST_TEST(fill_in("100%% %x %", path) == "100% %x %");
    BOOST_TEST(fill_in("%%p", path) == "%p");
}

BOOST_AUTO_TEST_CASE(a_point_is_a_number_a_time_or_the_end) {
    using kind = restore_point::kind;
    BOOST_TEST((parse_point("latest", 0)->is == kind::latest));
    BOOST_TEST((parse_point("18446744073709551615", 0)->sequence == ~std::uint64_t{0}));
    BOOST_TEST((parse_point("1970-01-01T00:00:01Z", 0)->time == 1'000'000));
    BOOST_TEST((parse_point("-1m", 90'000'000)->time == 30'000'000));
    for (const char* wrong : {"", "12x", "-5", "18446744073709551616", "yesterday", "1970-01-01", "1.5"})
        BOOST_TEST(!parse_point(wrong, 0), wrong);
}

BOOST_AUTO_TEST_CASE(a_commits_number_is_read_from_its_page) {
    BOOST_TEST(sequence_in(page_with(std::string_view("\x03\x00\x09", 3))).value() == 1u);
    BOOST_TEST(sequence_in(page_with(std::string_view("\x03\x00\x01\x7f", 4))).value() == 127u);
    BOOST_TEST(sequence_in(page_with(std::string_view("\x03\x00\x02\x01\x02", 5))).value() == 258u);
    BOOST_TEST(sequence_in(page_with(std::string_view("\x03\x00\x05\x01\x00\x00\x00\x00\x02", 9))).value() ==
               (std::uint64_t{1} << 40) + 2);
    BOOST_TEST(!sequence_in(page_with(std::string_view("\x03\x00\x07\x01", 4))));  // a real number
    BOOST_TEST(!sequence_in(page_with(std::string_view("\x03\x01\x01\x01", 4))));  // a key beside the row's
    BOOST_TEST(!sequence_in(page_with(std::string_view("\x03\x00\x06\x01", 4))));  // cut
    BOOST_TEST(!sequence_in(std::string(512, '\0')));
    auto far = page_with(std::string_view("\x03\x00\x09", 3));
    far[8] = '\x02';  // beyond the page
    BOOST_TEST(!sequence_in(far));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::commits
