// Files of the archive that were cut, altered, exchanged or lost.
#include "commit_archive/block_reader.hpp"
#include "commit_archive/chain_writer.hpp"
#include "support/archived.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

namespace carrel::testing {
namespace {

namespace fs = std::filesystem;
using commits::block;
using commits::block_reader;

// An archive of one generation whose file holds some blocks.
struct some_blocks {
    explicit some_blocks(std::int64_t notes = 6) {
        if (!d.has_base()) return;
        for (std::int64_t n = 1; n <= notes; ++n) {
            last = d.note(n);
            if (!d.has_archived(last)) return;
        }
        d.close();
        file = d.catalogue().back().files.back();
        bytes = text_of(file.path);
        auto reader = block_reader::open(file.path);
        for (ends.push_back(reader->position()); *reader->next();) ends.push_back(reader->position());
    }
    archived d;
    std::uint64_t last = 0;
    commits::commits_file file;
    std::string bytes;
    std::vector<std::uint64_t> ends;  // of the header and of each block
};

// How many blocks can be read, and whether something was wrong behind them.
std::pair<std::size_t, bool> readable(const std::string& path) {
    auto reader = block_reader::open(path);
    if (!reader) return {0, true};
    for (std::size_t blocks = 0;; ++blocks) {
        const auto found = reader->next();
        if (!found) return {blocks, true};
        if (!*found) return {blocks, false};
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_archive_damage)

BOOST_AUTO_TEST_CASE(a_file_that_was_cut_ends_with_its_last_whole_block) {
    some_blocks s;
    BOOST_TEST_REQUIRE(s.ends.size() > 5u);
    const std::string open = s.file.path + ".open";
    fs::remove(s.file.path);
    auto generation = s.d.catalogue().back();
    for (std::size_t size = 0; size <= s.bytes.size(); ++size) {
        put_text(open, std::string_view(s.bytes).substr(0, size));
        std::size_t whole = 0;
        while (whole + 1 < s.ends.size() && s.ends[whole + 1] <= size) ++whole;
        const bool is_whole = size >= s.ends[0] && s.ends[whole] == size;
        const auto [blocks, is_wrong] = readable(open);
        BOOST_TEST_REQUIRE(blocks == whole);
        BOOST_TEST_REQUIRE(is_wrong == !is_whole);
        if (size < s.ends[0]) continue;
        auto reader = block_reader::open(open);
        while (const auto found = reader->next())
            if (!*found) break;
        BOOST_TEST_REQUIRE(reader->position() == s.ends[whole]);
        BOOST_TEST_REQUIRE(reader->is_torn().value());
    }
}

BOOST_AUTO_TEST_CASE(a_generation_goes_on_where_a_broken_write_began) {
    some_blocks s;
    const auto cut = s.ends[4] + (s.ends[5] - s.ends[4]) / 2;
    fs::remove(s.file.path);
    put_text(s.file.path + ".open", std::string_view(s.bytes).substr(0, cut));
    const auto resumed = commits::chain_writer::resume(s.d.catalogue().back());
    BOOST_TEST_REQUIRE(resumed.has_value());
    BOOST_TEST(fs::file_size(s.file.path) == s.ends[4]);
    BOOST_TEST(!fs::exists(s.file.path + ".open"));
    auto reader = block_reader::open(s.file.path);
    commits::commit last;
    while (const auto found = reader->next().value())
        if (!found->commits.empty()) last = found->commits.back();
    BOOST_TEST(resumed->at().sequence == last.sequence);
    BOOST_TEST(resumed->at().frames == last.frames);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_found) {
    some_blocks s(3);
    BOOST_TEST_REQUIRE(s.ends.size() > 3u);
    const auto all = readable(s.file.path);
    BOOST_TEST_REQUIRE(!all.second);
    for (std::size_t i = 0; i < s.bytes.size(); ++i) {
        auto altered = s.bytes;
        altered[i] = static_cast<char>(altered[i] ^ (1 << i % 8));
        put_text(s.file.path, altered);
        const auto [blocks, is_wrong] = readable(s.file.path);
        BOOST_TEST_REQUIRE(is_wrong);
        BOOST_TEST_REQUIRE((s.ends[blocks] <= i || (blocks == 0 && i < s.ends[0])));
    }
}

BOOST_AUTO_TEST_CASE(a_restore_names_the_damaged_file_and_where) {
    some_blocks s;
    auto altered = s.bytes;
    altered[s.ends[4] - 40] = static_cast<char>(altered[s.ends[4] - 40] ^ 4);
    put_text(s.file.path, altered);
    const auto why = restored_notes(s.d.archive(), {});
    BOOST_TEST(why.find(s.file.path + ", byte " + std::to_string(s.ends[3])) == 0u);
    // What came before it can still be had.
    auto reader = block_reader::open(s.file.path);
    for (int i = 0; i < 2; ++i) reader->next().value();  // the first says where the generation begins
    const auto sound_block = reader->next().value();
    const auto base = s.d.catalogue().back().bases.front().sequence;
    const auto sound = std::max(base, sound_block->commits.front().sequence);
    BOOST_TEST(restored_notes(s.d.archive(), at_commit(sound)).find("byte") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(blocks_that_are_missing_or_exchanged_are_found) {
    some_blocks s;
    const auto piece = [&](std::size_t i) { return s.bytes.substr(s.ends[i], s.ends[i + 1] - s.ends[i]); };
    const auto head = s.bytes.substr(0, s.ends[1]);
    const auto tail = s.bytes.substr(s.ends[3]);
    put_text(s.file.path, head + piece(2) + tail);
    BOOST_TEST(restored_notes(s.d.archive(), {}).find("another is missing before it") != std::string::npos);
    put_text(s.file.path, head + piece(2) + piece(1) + tail);
    BOOST_TEST(restored_notes(s.d.archive(), {}).find("another is missing before it") != std::string::npos);
    put_text(s.file.path, s.bytes);
    BOOST_TEST(restored_notes(s.d.archive(), {}) == "1,2,3,4,5,6");
}

// What a wrong archiver could write: its digests are right.
BOOST_AUTO_TEST_CASE(frames_in_another_order_and_a_commit_left_out_are_found_by_their_checksums) {
    some_blocks s;
    std::vector<block> blocks;
    auto reader = block_reader::open(s.file.path);
    while (auto found = reader->next().value()) blocks.push_back(std::move(*found));
    const auto rewritten = [&](auto change) {
        auto chain = reader->header().before;
        std::string bytes = s.bytes.substr(0, s.ends[0]);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            auto one = blocks[i];
            auto frames = commits::frames_of(one).value();
            if (change(i, one, frames)) bytes += commits::written(one.head, one.commits, frames, chain);
        }
        put_text(s.file.path, bytes);
        return restored_notes(s.d.archive(), {});
    };
    BOOST_TEST(rewritten([](auto, auto&, auto&) { return true; }) == "1,2,3,4,5,6");
    const auto swapped = rewritten([](std::size_t i, block& one, std::string& frames) {
        const auto size = one.head.run.frame_bytes();
        if (i == 3)
            std::swap_ranges(frames.begin(), frames.begin() + static_cast<long>(size),
                             frames.begin() + static_cast<long>(size));
        return true;
    });
    BOOST_TEST(swapped.find("has a wrong checksum") != std::string::npos);
    const auto dropped = rewritten([](std::size_t i, block&, std::string&) { return i != 3; });
    BOOST_TEST(
        (dropped.find("follows commit") != std::string::npos || dropped.find("do not follow") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_found) {
    archived d([](auto& kept, auto&) { kept.file_bytes = 1; });
    BOOST_TEST_REQUIRE(d.has_base());
    for (std::int64_t n = 1; n <= 6; ++n) BOOST_TEST_REQUIRE(d.has_archived(d.note(n)));
    d.close();
    const auto files = d.catalogue().back().files;
    BOOST_TEST_REQUIRE(files.size() > 5u);
    fs::remove(files[files.size() - 3].path);
    BOOST_TEST(restored_notes(d.archive(), {}).find(files[files.size() - 2].path + ", byte 0: does not follow") == 0u);
}

BOOST_AUTO_TEST_CASE(a_damaged_base_is_found) {
    some_blocks s;
    const auto base = s.d.catalogue().back().bases.back();
    auto bytes = text_of(base.path + ".zst");
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    put_text(base.path + ".zst", bytes);
    BOOST_TEST(restored_notes(s.d.archive(), {}).find(base.path + ".zst") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
