#include "cli/event_blocks.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace carrel::cli;

namespace {

// A file that vanishes with the test.
struct temporary_file {
    explicit temporary_file(const std::string& bytes) {
        std::string name = (std::filesystem::temp_directory_path() / "carrel-lines-XXXXXX").string();
        ::close(::mkstemp(name.data()));
        path = name;
        std::ofstream(path, std::ios::binary) << bytes;
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { std::filesystem::remove(path); }
    std::string path;
};

std::string zipped(const std::string& text) {
    z_stream stream{};
    ::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(::deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

struct cut_block {
    std::string text;
    std::int64_t first_line;
    bool operator==(const cut_block&) const = default;
};

event_block block_of(std::string text) {
    event_block made;
    made.text = std::move(text);
    return made;
}

std::vector<cut_block> blocks_of(const std::string& path, std::size_t bytes_max) {
    auto source = text_source::open(path).value();
    line_blocks blocks(source, bytes_max);
    std::vector<cut_block> cut;
    for (event_block block; blocks.next(block).value();) cut.push_back({block.text, block.first_line});
    return cut;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text_source_)

BOOST_AUTO_TEST_CASE(blocks_end_where_lines_end_and_know_their_first_line) {
    const temporary_file file("aa\nbb\ncc\ndd");
    BOOST_TEST((blocks_of(file.path, 6) == std::vector<cut_block>{{"aa\nbb\n", 1}, {"cc\ndd", 3}}));
    BOOST_TEST((blocks_of(file.path, 3) == std::vector<cut_block>{{"aa\n", 1}, {"bb\n", 2}, {"cc\n", 3}, {"dd", 4}}));
    BOOST_TEST((blocks_of(file.path, 100) == std::vector<cut_block>{{"aa\nbb\ncc\ndd", 1}}));
}

BOOST_AUTO_TEST_CASE(a_line_longer_than_a_block_stays_whole) {
    const temporary_file file("a\nlong line\nb\n");
    BOOST_TEST((blocks_of(file.path, 4) == std::vector<cut_block>{{"a\n", 1}, {"long line\n", 2}, {"b\n", 3}}));
}

BOOST_AUTO_TEST_CASE(every_cut_gives_the_same_text) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += std::string(static_cast<std::size_t>(i * 7 % 23), 'x') + "\n";
    const temporary_file file(text);
    for (std::size_t bytes = 1; bytes < 60; ++bytes) {
        std::string joined;
        for (const auto& block : blocks_of(file.path, bytes)) {
            BOOST_TEST(block.first_line == std::count(joined.begin(), joined.end(), '\n') + 1);
            joined += block.text;
        }
        BOOST_TEST(joined == text);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_no_block) {
    const temporary_file file("");
    BOOST_TEST(blocks_of(file.path, 10).empty());
}

BOOST_AUTO_TEST_CASE(a_zipped_file_is_unpacked) {
    const temporary_file file(zipped("aa\nbb\n"));
    BOOST_TEST((blocks_of(file.path, 100) == std::vector<cut_block>{{"aa\nbb\n", 1}}));
}

BOOST_AUTO_TEST_CASE(a_zipped_file_cut_short_gives_its_whole_lines_and_then_an_error) {
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += std::to_string(i * 7919) + "\n";
    const auto packed = zipped(text);
    const temporary_file file(packed.substr(0, packed.size() / 2));
    auto source = text_source::open(file.path).value();
    line_blocks blocks(source, 1u << 20);
    event_block block;
    const auto first = blocks.next(block);
    BOOST_TEST_REQUIRE((first.has_value() && *first));
    BOOST_TEST(block.text.ends_with('\n'));
    BOOST_TEST(text.starts_with(block.text));
    BOOST_TEST(block.text.size() > 1'000u);
    const auto end = blocks.next(block);
    BOOST_TEST_REQUIRE(!end.has_value());
    BOOST_TEST(end.error().diagnostic() == "ends before its gzip data does");
    BOOST_TEST(!blocks.next(block).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_behind_gzip_data_is_padding_more_of_it_or_an_error) {
    const auto packed = zipped("aa\nbb\n");
    const auto lines_of = [](const std::string& bytes) {
        const temporary_file file(bytes);
        auto source = text_source::open(file.path).value();
        line_blocks blocks(source, 100);
        event_block block;
        std::string text;
        for (;;) {
            const auto more = blocks.next(block);
            if (!more) return text + more.error().diagnostic();
            if (!*more) return text;
            text += block.text;
        }
    };
    BOOST_TEST(lines_of(packed + std::string(600'000, '\0')) == "aa\nbb\n");
    BOOST_TEST(lines_of(packed + packed) == "aa\nbb\naa\nbb\n");
    BOOST_TEST(lines_of(packed + std::string(5, '\0') + "x") == "aa\nbb\nhas other bytes behind the gzip data");
    BOOST_TEST(lines_of(packed + "\x1f!") == "aa\nbb\nis not valid gzip");
    BOOST_TEST(lines_of("\x1f") == "\x1f");
    BOOST_TEST(lines_of("") == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_an_error) {
    BOOST_TEST(text_source::open("/no/such/file").error().code() == boost::system::errc::no_such_file_or_directory);
    BOOST_TEST(text_source::open("/tmp").error().code() == boost::system::errc::is_a_directory);
}

BOOST_AUTO_TEST_CASE(a_last_line_without_an_end_is_a_line) {
    BOOST_TEST((block_of("a\n\nb").lines()) == 3);
    BOOST_TEST((block_of("a\n\nb\n").lines()) == 3);
    BOOST_TEST((block_of("").lines()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
