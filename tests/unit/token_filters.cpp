// What denies that a segment, or a frame of it, holds a token: it may be wrong about what is not there alone.
#include "segments/segment_columns.hpp"
#include "segments/token_filter.hpp"

#include "support/segment_files.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

using namespace carrel::segments;
using carrel::testing::damaged;

BOOST_AUTO_TEST_SUITE(token_filters)

namespace {

// Tokens with the frames that have them: most of them one.
std::map<std::uint64_t, frame_mask> some_tokens(std::size_t count, std::size_t frames, std::mt19937_64& random) {
    std::map<std::uint64_t, frame_mask> made;
    for (std::size_t i = 0; i < count; ++i) {
        frame_mask& where = made[i % 100 == 0 ? i : random()];
        where |= frame_mask{1} << random() % frames;
        if (i % 4 == 0) where |= frame_mask{1} << random() % frames;
    }
    return made;
}

std::string filter_of(const std::map<std::uint64_t, frame_mask>& tokens, std::size_t frames) {
    token_set set;
    for (const auto& [token, where] : tokens)
        for (std::size_t frame = 0; frame < frames; ++frame)
            for (int times = 0; times < 2 && (where >> frame & 1) != 0; ++times) set.add(token, frame);
    BOOST_TEST(set.size() <= tokens.size());
    std::string made = make_filter(set, frames);
    set.clear();
    BOOST_TEST(set.size() == 0u);
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_filter_finds_all_that_is_there_and_little_that_is_not) {
    std::mt19937_64 random(11);
    for (const std::size_t frames : {1u, 2u, 5u, 13u})
        for (const std::size_t count : {0u, 1u, 10u, 800u, 900u, 5'000u, 100'000u}) {
            const auto tokens = some_tokens(count, frames, random);
            const std::string bytes = filter_of(tokens, frames);
            const token_filter filter(bytes);
            BOOST_TEST(filter.is_sound());
            for (const auto& [token, where] : tokens) BOOST_REQUIRE((filter.frames_of(token) & where) == where);
            std::size_t wrong = 0;
            for (int i = 0; i < 100'000; ++i) wrong += filter.may_hold(random());
            BOOST_TEST(wrong < 2'000u * (frames == 1 ? 1 : frames + 1),
                       count << " tokens in " << frames << " frames: " << wrong << " of 100000");
        }
}

BOOST_AUTO_TEST_CASE(a_filter_tells_the_only_frame_of_a_token) {
    std::mt19937_64 random(12);
    const auto tokens = some_tokens(20'000, 5, random);
    const std::string bytes = filter_of(tokens, 5);
    std::size_t exact = 0, single = 0;
    for (const auto& [token, where] : tokens) {
        if (std::popcount(where) != 1) continue;
        ++single;
        exact += token_filter(bytes).frames_of(token) == where;
    }
    BOOST_TEST(single > 10'000u);
    BOOST_TEST(exact > single / 100 * 90);
}

BOOST_AUTO_TEST_CASE(of_a_large_filter_one_block_tells_of_a_token) {
    std::mt19937_64 random(13);
    const auto tokens = some_tokens(20'000, 5, random);
    const std::string bytes = filter_of(tokens, 5);
    for (const auto& [token, where] : tokens) {
        const auto about = filter_block::of(token, bytes.size());
        BOOST_REQUIRE(about.size <= filter_block_bytes_max);
        const auto found = frames_of(token, about, std::string_view(bytes).substr(about.offset, about.size));
        BOOST_REQUIRE((found == token_filter(bytes).frames_of(token)));
    }
}

BOOST_AUTO_TEST_CASE(filters_of_the_same_tokens_are_wrong_about_different_ones) {
    std::mt19937_64 random(16);
    token_set set;
    for (int i = 0; i < 3'000; ++i) set.add(random());
    const std::string first = make_filter(set, 1, 1), second = make_filter(set, 1, 2);
    std::size_t of_first = 0, of_both = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t token = random();
        const bool is_wrong = token_filter(first).may_hold(token);
        of_first += is_wrong;
        of_both += is_wrong && token_filter(second).may_hold(token);
    }
    BOOST_TEST(of_first > 300u);
    BOOST_TEST(of_both < of_first / 20);
}

// An event may be missing from a list only if it is not there: a block that cannot be trusted holds everything.
BOOST_AUTO_TEST_CASE(a_damaged_filter_denies_nothing_that_is_there) {
    std::mt19937_64 random(8);
    for (const std::size_t count : {300u, 3'000u}) {
        const auto tokens = some_tokens(count, 4, random);
        const std::string whole = filter_of(tokens, 4);
        std::size_t denied = 0;
        for (int round = 0; round < 500; ++round) {
            const std::string hurt = damaged(whole, random);
            const token_filter filter(hurt);
            BOOST_TEST(!filter.is_sound());
            for (const auto& [token, where] : tokens) BOOST_REQUIRE((filter.frames_of(token) & where) == where);
            denied += !filter.may_hold(random());
        }
        if (count == 300) BOOST_TEST(denied == 0u);
    }
    BOOST_TEST(token_filter("").may_hold(1));
    BOOST_TEST(!token_filter("").is_sound());
}

// Blocks that are gone, doubled or changed places are sound in themselves.
BOOST_AUTO_TEST_CASE(blocks_in_other_places_deny_nothing_that_is_there) {
    std::mt19937_64 random(14);
    const auto tokens = some_tokens(5'000, 4, random);
    const std::string whole = filter_of(tokens, 4);
    const std::size_t size = filter_block_bytes_max, count = whole.size() / size;
    BOOST_REQUIRE(count > 4u);
    const auto check = [&](const std::string& hurt) {
        BOOST_TEST(!token_filter(hurt).is_sound());
        for (const auto& [token, where] : tokens) BOOST_REQUIRE((token_filter(hurt).frames_of(token) & where) == where);
    };
    check(whole.substr(size));
    check(whole.substr(0, size));
    check(whole.substr(0, whole.size() - size));
    check(whole + whole.substr(0, size));
    check(whole.substr(size, size) + whole.substr(0, size) + whole.substr(2 * size));
}

BOOST_AUTO_TEST_CASE(a_segment_knows_which_paths_its_events_have) {
    segment_builder builder(sealed_format);
    for (const auto& each : carrel::testing::some_events(300, 1)) {
        builder.add_path(each.id.low % 7);
        carrel::testing::add(builder, each);
    }
    const segment made = builder.finish();
    const token_filter paths(made.paths);
    BOOST_TEST(made.paths.size() < 64u);
    for (std::uint64_t path = 0; path < 7; ++path) BOOST_TEST(paths.may_hold(path));
    std::size_t wrong = 0;
    std::mt19937_64 random(15);
    for (int i = 0; i < 10'000; ++i) wrong += paths.may_hold(random());
    BOOST_TEST(wrong < 500u);
    BOOST_TEST(
        !token_filter(carrel::testing::segment_of(carrel::testing::some_events(3, 1), fresh_format).paths).may_hold(1));
}

BOOST_AUTO_TEST_SUITE_END()
