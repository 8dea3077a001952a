#include "cli/event_blocks.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace carrel::cli;

namespace {

struct temporary_text {
    explicit temporary_text(const std::string& bytes) {
        std::string name = (std::filesystem::temp_directory_path() / "carrel-blocks-XXXXXX").string();
        ::close(::mkstemp(name.data()));
        path = name;
        std::ofstream(path, std::ios::binary) << bytes;
    }
    temporary_text(const temporary_text&) = delete;
    temporary_text& operator=(const temporary_text&) = delete;
    ~temporary_text() { std::filesystem::remove(path); }
    std::string path;
};

struct outcome {
    std::string texts, faults, failure;
};

outcome elements_of(const std::string& bytes, std::size_t bytes_max, const std::string& path = "R") {
    const temporary_text file(bytes);
    auto source = text_source::open(file.path).value();
    element_blocks blocks(source, path, bytes_max);
    outcome got;
    event_block block;
    for (;;) {
        auto more = blocks.next(block);
        if (!more) got.failure = more.error().diagnostic();
        if (!more || !*more) return got;
        got.texts += std::to_string(block.first_line) + block.text;
        for (const auto& [line, detail] : block.faults) got.faults += std::to_string(line) + " " + detail + "|";
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(blocks)

BOOST_AUTO_TEST_CASE(elements_come_in_arrays_of_a_bounded_length) {
    const std::string text = "{\"R\":[{\"n\":1}, {\"n\":\n2} ,{\"n\":3}]}\n{\"R\":[]}{\"R\":[4]}";
    BOOST_TEST(elements_of(text, 1'000).texts == "1[{\"n\":1},{\"n\":\n2},{\"n\":3},4]");
    BOOST_TEST(elements_of(text, 18).texts == "1[{\"n\":1},{\"n\":\n2}]3[{\"n\":3},4]");
    BOOST_TEST(elements_of(text, 1).texts == "1[{\"n\":1}]2[{\"n\":\n2}]3[{\"n\":3}]4[4]");
}

BOOST_AUTO_TEST_CASE(a_document_without_the_array_is_told_and_the_rest_goes_on) {
    const auto got = elements_of("{\"R\":[1]}\n{}\n{\"R\":{}}\n{\"R\":[2]}\n{\"x\":1}", 1'000);
    BOOST_TEST(got.texts == "1[1,2]");
    BOOST_TEST(got.faults == "2 has no array `R`|2 has no array `R`|3 has no array `R`|");
    BOOST_TEST(got.failure == "");
}

BOOST_AUTO_TEST_CASE(what_comes_before_a_fault_is_given_out) {
    for (const char* bad : {"{\"R\":[1,2", "{\"R\":[1,2 3]}", "{\"R\":[1,2]]", "{\"R\":[1,2]} x"}) {
        const auto got = elements_of(bad, 1'000);
        BOOST_TEST(got.texts.starts_with("1[1"), bad);
        BOOST_TEST(got.failure != "", bad);
    }
}

BOOST_AUTO_TEST_CASE(a_source_goes_on_behind_what_was_given_out) {
    const temporary_text file("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"),
        longer("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n"), other("{\"a\":9}\n{\"a\":2}\n{\"a\":3}\n"),
        shorter("{\"a\":1}\n");
    file_mark mark;
    {
        auto source = text_source::open(file.path).value();
        line_blocks blocks(source, 16);
        blocks.keep_digest();
        event_block block;
        BOOST_TEST(blocks.next(block).value());
        mark = blocks.mark();
        BOOST_TEST(mark.position == 16);
        BOOST_TEST(mark.line == 3);
    }
    const auto skipped = [&](const std::string& path, std::string& rest) {
        auto source = text_source::open(path).value();
        line_blocks blocks(source, 100);
        blocks.keep_digest();
        const bool is_same = blocks.skip(mark).value();
        event_block block;
        if (is_same && blocks.next(block).value()) rest = std::to_string(block.first_line) + block.text;
        return is_same;
    };
    std::string rest;
    BOOST_TEST(skipped(file.path, rest));
    BOOST_TEST(rest == "3{\"a\":3}\n");
    BOOST_TEST(skipped(longer.path, rest));
    BOOST_TEST(rest == "3{\"a\":3}\n{\"a\":4}\n");
    BOOST_TEST(!skipped(other.path, rest));
    BOOST_TEST(!skipped(shorter.path, rest));
}

BOOST_AUTO_TEST_CASE(elements_go_on_behind_those_given_out) {
    const temporary_text file("{\"R\":[1,2,3]}");
    file_mark mark;
    for (int part = 1; part <= 3; ++part) {
        auto source = text_source::open(file.path).value();
        element_blocks blocks(source, "R", 1);
        blocks.keep_digest();
        if (part > 1) BOOST_TEST(blocks.skip(mark).value());
        event_block block;
        BOOST_TEST(blocks.next(block).value());
        BOOST_TEST(block.text == "[" + std::to_string(part) + "]");
        BOOST_TEST(block.first_line == part);
        mark = blocks.mark();
    }
}

BOOST_AUTO_TEST_CASE(a_file_packed_by_zstd_is_unpacked) {
    const std::string text = "{\"a\":1}\n";
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
    const auto read = [](const std::string& bytes) -> std::string {
        const temporary_text file(bytes);
        auto source = text_source::open(file.path).value();
        std::string all;
        for (;;) {
            auto more = source.append_to(all);
            if (!more) return more.error().diagnostic();
            if (!*more) return all;
        }
    };
    BOOST_TEST(read(packed + packed) == text + text);
    BOOST_TEST(read(packed.substr(0, packed.size() - 1)) == "ends before its zstd data does");
    BOOST_TEST(read(packed + "rubbish") == "is not valid zstd");
}

BOOST_AUTO_TEST_SUITE_END()
