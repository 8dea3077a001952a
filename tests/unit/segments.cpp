#include "segments/checksum.hpp"
#include "segments/segment_columns.hpp"
#include "segments/segment_texts.hpp"

#include "support/segment_files.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::segments;
using carrel::testing::add;
using carrel::testing::damaged;
using carrel::testing::segment_of;
using carrel::testing::some_events;
using carrel::testing::stored_event;

BOOST_AUTO_TEST_SUITE(segment_files)

namespace {

void check_same(const segment& made, const std::vector<stored_event>& events) {
    const auto columns = segment_columns::open(made.columns);
    BOOST_REQUIRE(columns.has_value());
    BOOST_REQUIRE(columns->events() == events.size());
    const auto at = columns->at().value(), received_at = columns->received_at().value();
    const auto ids = columns->ids().value();
    auto texts = segment_texts::open(made.data, events.size()).value();
    const token_filter filter(made.filter);
    for (std::size_t i = 0; i < events.size(); ++i) {
        BOOST_TEST(at[i] == events[i].at);
        BOOST_TEST(received_at[i] == events[i].received_at);
        BOOST_TEST((ids[i] == events[i].id));
        BOOST_TEST(texts.text(i).value() == events[i].text);
        BOOST_TEST(filter.may_hold(events[i].id.low));
    }
    const auto summary = segment_summary::open(made.texts).value();
    for (std::size_t c = 0; c < column_count; ++c) {
        const auto which = static_cast<carrel::segments::column>(c);
        const auto column = columns->text(which, summary.texts(which)).value();
        for (std::size_t i = 0; i < events.size(); ++i) BOOST_TEST((column.text(i) == events[i].texts[c]));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_goes_in_comes_out) {
    for (const auto* format : {&fresh_format, &sealed_format})
        for (const std::size_t count : {1u, 2u, 255u, 256u, 257u, 1000u})
            check_same(segment_of(some_events(count, count), *format), some_events(count, count));
}

BOOST_AUTO_TEST_CASE(a_segment_tells_its_bounds_before_it_is_read) {
    const auto events = some_events(500, 7);
    const segment made = segment_of(events, fresh_format);
    const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
    const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
    BOOST_TEST(made.from_at == std::min_element(events.begin(), events.end(), by_time)->at);
    BOOST_TEST(made.to_at == std::max_element(events.begin(), events.end(), by_time)->at);
    BOOST_TEST((made.from_id == std::min_element(events.begin(), events.end(), by_id)->id));
    BOOST_TEST((made.to_id == std::max_element(events.begin(), events.end(), by_id)->id));
    BOOST_TEST(made.events == 500);
}

BOOST_AUTO_TEST_CASE(a_builder_is_full_by_number_or_by_bytes_and_empty_after_it_finished) {
    segment_builder builder(fresh_format);
    const auto events = some_events(fresh_format.events_max, 3);
    for (const auto& each : events) {
        BOOST_TEST(!builder.is_full());
        add(builder, each);
    }
    BOOST_TEST(builder.is_full());
    builder.finish();
    BOOST_TEST(builder.events() == 0u);
    BOOST_TEST(!builder.is_full());
    auto large = events.front();
    large.text = std::string(fresh_format.bytes_max, 'x');
    add(builder, large);
    BOOST_TEST(builder.is_full());
    check_same(builder.finish(), {large});
}

namespace {

// Whatever can be read of damaged columns is what went in. How many parts that was.
std::size_t read_parts(const segment& hurt, const std::vector<stored_event>& events) {
    const auto columns = segment_columns::open(hurt.columns);
    const auto summary = segment_summary::open(hurt.texts);
    if (!columns || !summary) return 0;
    std::size_t read = 0;
    const auto expect = [&](const auto& part, const auto& is_right) {
        if (!part) return;
        ++read;
        for (std::size_t i = 0; i < events.size(); ++i) BOOST_TEST(is_right(*part, i));
    };
    expect(columns->at(), [&](const auto& at, std::size_t i) { return at[i] == events[i].at; });
    expect(columns->received_at(), [&](const auto& at, std::size_t i) { return at[i] == events[i].received_at; });
    expect(columns->ids(), [&](const auto& ids, std::size_t i) { return ids[i] == events[i].id; });
    for (std::size_t c = 0; c < column_count; ++c) {
        const auto which = static_cast<carrel::segments::column>(c);
        const auto texts = summary->texts(which);
        expect(texts ? columns->text(which, texts) : std::nullopt,
               [&](const auto& column, std::size_t i) { return column.text(i) == events[i].texts[c]; });
    }
    return read;
}

// A blob of parts as a file would have it that somebody made with checksums of its own: whatever they say, they are read in
// bounds.
std::string crafted(std::string_view blob, std::size_t count, std::mt19937_64& random) {
    const auto parts = part_reader::open(blob, count).value();
    const std::size_t hurt = random() % count;
    std::vector<std::string> made;
    for (std::size_t i = 0; i < count; ++i) {
        std::shared_ptr<const std::string> unpacked;
        made.emplace_back(parts.part(i, unpacked).value());
        if (i == hurt) made.back() = damaged(std::move(made.back()), random);
    }
    return pack_parts(made, random() % 4 == 0 ? random() % 1'000 : parts.events(), 1);
}

}  // namespace

// These run under ASan, too: nothing is read past its end.
BOOST_AUTO_TEST_CASE(damaged_columns_are_right_or_none) {
    std::mt19937_64 random(5);
    const auto events = some_events(300, 1);
    const segment whole = segment_of(events, fresh_format);
    std::size_t none = 0, some = 0;
    for (int round = 0; round < 2'000; ++round) {
        segment hurt = whole;
        auto& part = round % 4 == 0 ? hurt.texts : hurt.columns;
        part = damaged(part, random);
        const std::size_t read = read_parts(hurt, events);
        BOOST_TEST(read < std::size_t{part_count});
        ++(read == 0 ? none : some);
    }
    BOOST_TEST(none > 100u);
    BOOST_TEST(some > 100u);
    BOOST_TEST(!segment_columns::open("").has_value());
    BOOST_TEST(!segment_summary::open("").has_value());
}

BOOST_AUTO_TEST_CASE(crafted_columns_are_read_in_bounds) {
    std::mt19937_64 random(9);
    const segment whole = segment_of(some_events(300, 1), fresh_format);
    std::size_t read = 0;
    for (int round = 0; round < 2'000; ++round) {
        const std::string some_columns = crafted(whole.columns, part_count, random);
        const std::string some_texts = crafted(whole.texts, column_count, random);
        const auto columns = segment_columns::open(some_columns);
        const auto summary = segment_summary::open(some_texts);
        if (!columns || !summary) continue;
        (void)columns->at();
        (void)columns->received_at();
        (void)columns->ids();
        for (std::size_t c = 0; c < column_count; ++c) {
            const auto which = static_cast<carrel::segments::column>(c);
            const auto texts = summary->texts(which);
            const auto column = texts ? columns->text(which, texts) : std::nullopt;
            for (std::size_t i = 0; column && i < columns->events(); ++i) (void)column->text(i);
            read += column.has_value();
        }
    }
    BOOST_TEST(read > 100u);
}

BOOST_AUTO_TEST_CASE(damaged_texts_are_right_or_none) {
    std::mt19937_64 random(6);
    const auto events = some_events(600, 1);  // three frames
    const segment whole = segment_of(events, fresh_format);
    std::size_t none = 0, right = 0;
    for (int round = 0; round < 2'000; ++round) {
        const std::string hurt = damaged(whole.data, random);
        auto texts = segment_texts::open(hurt, events.size());
        for (std::size_t i = 0; i < events.size(); i += 40) {
            const auto text = texts ? texts->text(i) : std::nullopt;
            if (text) BOOST_TEST(*text == events[i].text);
            ++(text ? right : none);
        }
    }
    BOOST_TEST(none > 1'000u);
    BOOST_TEST(right > 1'000u);
}

BOOST_AUTO_TEST_CASE(the_checksum_of_a_file_never_changes) {
    BOOST_TEST(checksum_of("") == 0x0f48609f937ed28bu);
    BOOST_TEST(checksum_of("columns") == 0x447d8374a5ec21c3u);
    BOOST_TEST(checksum_of(std::string(1000, 'x')) == 0xd638a76b8b5f31c6u);
    BOOST_TEST(checksum_of("a filter and more") == 0x4b8248d6face8af3u);
}

BOOST_AUTO_TEST_CASE(texts_are_read_for_their_number_of_events_alone) {
    const segment whole = segment_of(some_events(300, 1), fresh_format);
    BOOST_TEST(!segment_texts::open("", 1).has_value());
    BOOST_TEST(!segment_texts::open(whole.data + "x", 300).has_value());
    BOOST_TEST(!segment_texts::open(whole.data, 299).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
