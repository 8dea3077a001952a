// What a power loss leaves of an archive's last file, and of the log beside it; tests/crash has the rest.
#include "commit_archive/block_reader.hpp"
#include "commit_archive/chain_writer.hpp"
#include "commit_archive/log_reader.hpp"
#include "support/archived.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace carrel::testing {
namespace {

namespace fs = std::filesystem;
using commits::block_reader;

// An archive whose last file, a note a block, is open as a power loss leaves it: of each block it says that what came after the
// block `synced` was not synced when it was written.
struct open_file {
    explicit open_file(std::size_t synced) {
        if (!d.has_base()) return;
        for (std::int64_t n = 1; n <= 6; ++n) BOOST_TEST_REQUIRE(d.has_archived(d.note(n)));
        d.close();
        const auto complete = d.catalogue().back().files.back().path;
        path = complete + ".open";
        auto reader = block_reader::open(complete);
        auto chain = reader->header().before;
        std::string bytes = text_of(complete).substr(0, reader->position());
        for (;;) {
            ends.push_back(bytes.size());
            const auto one = reader->next().value();
            if (!one) break;
            auto head = one->head;
            if (ends.size() > synced) head.unsynced_bytes = static_cast<std::uint32_t>(bytes.size() - ends[synced]);
            bytes += commits::written(head, one->commits, commits::frames_of(*one).value(), chain);
        }
        fs::remove(complete);
        put_text(path, bytes);
    }
    void damage(std::size_t block) const {
        auto bytes = text_of(path);
        const auto at = ends[block] + 300;
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        put_text(path, bytes);
    }

    archived d;
    std::string path;
    std::vector<std::size_t> ends;  // of the header and of each block
};

bool begins_with_notes(const std::string& text) { return text.empty() || text.starts_with("1"); }

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_archive_loss)

BOOST_AUTO_TEST_CASE(of_what_was_not_synced_any_part_may_be_missing) {
    open_file s(4);
    BOOST_TEST_REQUIRE(s.ends.size() > 7u);
    BOOST_TEST(restored_notes(s.d.archive(), {}) == "1,2,3,4,5,6");
    s.damage(5);  // sound ones follow
    const auto left = restored_notes(s.d.archive(), {});
    BOOST_TEST(begins_with_notes(left));
    BOOST_TEST(left != "1,2,3,4,5,6");
    const auto resumed = commits::chain_writer::resume(s.d.catalogue().back());
    BOOST_TEST_REQUIRE(resumed.has_value());
    BOOST_TEST(fs::file_size(s.d.catalogue().back().files.back().path) == s.ends[5]);
    BOOST_TEST(restored_notes(s.d.archive(), {}) == left);
}

// Its header says that there are commits; their numbers never reached the disk.
BOOST_AUTO_TEST_CASE(of_a_torn_block_no_number_is_believed) {
    open_file s(4);
    auto bytes = text_of(s.path);
    const auto head_end = s.ends[6] + commits::block_head_bytes;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(head_end), bytes.end(), '\0');
    put_text(s.path, bytes);
    const auto last = commits::last_commit(s.d.catalogue().back()).value()->sequence;
    BOOST_TEST(last > 0u);
    BOOST_TEST(begins_with_notes(restored_notes(s.d.archive(), at_commit(last))));
}

BOOST_AUTO_TEST_CASE(what_was_synced_is_damaged_if_it_is_wrong) {
    open_file s(4);
    s.damage(3);
    BOOST_TEST(restored_notes(s.d.archive(), {}).find(s.path + ", byte " + std::to_string(s.ends[3])) == 0u);
    BOOST_TEST(!commits::chain_writer::resume(s.d.catalogue().back()).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_not_begun_says_nothing) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    for (std::int64_t n = 1; n <= 3; ++n) d.note(n);
    d.close();
    const auto last = d.catalogue().back().files.back();
    const auto next =
        commits::generation_path(d.archive(), 1) + "/" +
        commits::commits_name(last.serial + 1, commits::last_commit(d.catalogue().back()).value()->sequence + 1) +
        ".open";
    const auto header = text_of(last.path).substr(0, commits::file_header_bytes);
    for (const auto& left : {std::string(), std::string(512, '\0'), header.substr(0, 100)}) {
        put_text(next, left);
        BOOST_TEST(restored_notes(d.archive(), {}) == "1,2,3");
        BOOST_TEST(commits::list_archive(d.archive()).has_value());
        BOOST_TEST(commits::chain_writer::resume(d.catalogue().back()).has_value());
        BOOST_TEST(!fs::exists(next));
    }
    d.open();
    BOOST_TEST(d.catalogue().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_header_that_is_damaged_later_is_no_file_that_was_not_begun) {
    open_file s(4);
    auto bytes = text_of(s.path);
    bytes[20] = static_cast<char>(bytes[20] ^ 1);
    put_text(s.path, bytes);
    BOOST_TEST(s.d.catalogue().back().not_begun.empty());
    BOOST_TEST(restored_notes(s.d.archive(), {}).find(s.path + ", byte 0: is no sound header") == 0u);
    BOOST_TEST(!commits::chain_writer::resume(s.d.catalogue().back()).has_value());
    BOOST_TEST(fs::exists(s.path));
}

// A torn frame whose own header reached the disk ends the log for SQLite.
BOOST_AUTO_TEST_CASE(a_log_with_a_torn_frame_does_not_hold_what_comes_after_it) {
    archived d([](auto&, auto& wanted) { wanted.checkpoint_frames = 100'000; });
    for (std::int64_t n = 1; n <= 5; ++n) d.note(n);
    const std::string copy = d.directory.file("copy.db");
    auto log = text_of(d.path() + "-wal");
    const auto position_at = [&](std::uint32_t frames) {
        const auto reader = commits::log_reader::open(copy);
        commits::position at;
        at.run = *reader->header().value();
        at.frames = frames;
        at.sum = *reader->sum_at(*at.run, frames).value();
        return at;
    };
    const auto holds = [&](const commits::position& at) { return commits::log_reader::open(copy)->holds(at).value(); };
    put_text(copy + "-wal", log);
    const auto end = position_at(8);
    BOOST_TEST(holds(end));
    log[commits::wal_header_bytes + 5 * end.run->frame_bytes() + 100] ^= 1;
    put_text(copy + "-wal", log);
    BOOST_TEST(!holds(end));
    BOOST_TEST(holds(position_at(5)));
    put_text(copy + "-wal", log.substr(0, commits::wal_header_bytes + 3 * end.run->frame_bytes()));
    BOOST_TEST(!holds(end));
}

// Such as a copy that is put back, or one that a power loss has set back at durability::normal.
BOOST_AUTO_TEST_CASE(a_database_that_is_older_than_the_archive_begins_a_new_generation) {
    archived d([](auto&, auto& wanted) { wanted.checkpoint_frames = 100'000; });
    BOOST_TEST_REQUIRE(d.has_base());
    for (std::int64_t n = 1; n <= 4; ++n) d.note(n);
    std::map<std::string, std::string> older;
    for (const char* suffix : {"", "-wal"}) older[suffix] = text_of(d.path() + suffix);
    std::uint64_t last = 0;
    for (std::int64_t n = 5; n <= 8; ++n) last = d.note(n);
    d.close();
    for (const auto& [suffix, bytes] : older) put_text(d.path() + suffix, bytes);
    d.open();
    BOOST_TEST_REQUIRE(d.catalogue().size() == 2u);
    BOOST_TEST(d.catalogue().front().ended.find("does not hold what was archived last") != std::string::npos);
    BOOST_TEST_REQUIRE(d.has_base());
    const auto time = commits::time_of(d.catalogue().front(), last).value();
    for (std::int64_t n = 95; n <= 99; ++n) d.note(n);
    d.close();
    BOOST_TEST(restored_notes(d.archive(), {}) == "1,2,3,4,95,96,97,98,99");
    // What it had is still there, by its time.
    BOOST_TEST(restored_notes(d.archive(), {commits::restore_point::kind::time, 0, *time}) == "1,2,3,4,5,6,7,8");
}

// The same number of commits, of the same size: the file begins with the same bytes.
BOOST_AUTO_TEST_CASE(a_copy_with_another_history_begins_a_new_generation) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    for (std::int64_t n = 1; n <= 4; ++n) d.note(n);
    d.close();
    const auto copy = text_of(d.path());
    d.open();
    for (std::int64_t n = 5; n <= 6; ++n) d.note(n);
    d.close();
    const auto header = text_of(d.path()).substr(0, 100);
    for (int i = 0; i < 3; ++i) {  // nothing but marks
        d.open();
        d.close();
    }
    BOOST_TEST(d.catalogue().size() == 1u);
    put_text(d.path(), copy);
    d.open_without_archive();
    for (std::int64_t n = 15; n <= 16; ++n) d.note(n);
    d.store.reset();
    BOOST_TEST(text_of(d.path()).substr(0, 100) == header);
    for (int i = 0; i < 3; ++i) {
        d.open_without_archive();
        d.store.reset();
    }
    d.open();
    BOOST_TEST(d.catalogue().size() == 2u);
    BOOST_TEST(d.catalogue().front().ended.find("changed while it was not archived") != std::string::npos);
    BOOST_TEST_REQUIRE(d.has_base());
    d.note(17);
    d.close();
    BOOST_TEST(restored_notes(d.archive(), {}) == "1,2,3,4,15,16,17");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
