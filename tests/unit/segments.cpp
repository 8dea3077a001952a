#include "segments/checksum.hpp"
#include "segments/segment_builder.hpp"
#include "segments/segment_columns.hpp"
#include "segments/segment_texts.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace carrel::segments;
using carrel::siem::uuid;

BOOST_AUTO_TEST_SUITE(segment_files)

namespace {

// What went into a segment, to be compared with what comes out.
struct stored_event {
    uuid id;
    timestamp at, received_at;
    std::array<std::optional<std::string>, column_count> texts;
    std::string text;
};

std::vector<stored_event> some_events(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<stored_event> made;
    for (std::size_t i = 0; i < count; ++i) {
        stored_event each;
        each.id = {random() >> random() % 60, random()};
        each.at = static_cast<timestamp>(random() >> random() % 60) * (random() % 2 == 0 ? 1 : -1);
        each.received_at = static_cast<timestamp>(i / 100);
        for (auto& text : each.texts)
            if (random() % 4 != 0) text = "text " + std::to_string(random() % (i + 1));
        each.text = "{\"n\":" + std::to_string(random()) + ",\"p\":\"" + std::string(random() % 300, 'x') + "\"}";
        made.push_back(std::move(each));
    }
    return made;
}

void add(segment_builder& builder, const stored_event& each) {
    event_head head{each.id, each.at, each.received_at, {}};
    for (std::size_t i = 0; i < column_count; ++i) head.texts[i] = each.texts[i];
    builder.tokens().add(each.id.low);
    builder.add(head, each.text);
}

segment segment_of(const std::vector<stored_event>& events, const segment_format& format) {
    segment_builder builder(format);
    for (const auto& each : events) add(builder, each);
    return builder.finish();
}

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
    for (std::size_t c = 0; c < column_count; ++c) {
        const auto column = columns->text(static_cast<carrel::segments::column>(c)).value();
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

BOOST_AUTO_TEST_CASE(a_filter_finds_all_that_is_there_and_little_that_is_not) {
    std::mt19937_64 random(11);
    for (const std::size_t count : {0u, 1u, 10u, 5'000u, 100'000u}) {
        token_set tokens;
        std::vector<std::uint64_t> there;
        for (std::size_t i = 0; i < count; ++i) there.push_back(i % 100 == 0 ? i : random());
        for (const auto token : there) tokens.add(token);
        for (const auto token : there) tokens.add(token);
        BOOST_TEST(tokens.size() <= count);
        const std::string bytes = make_filter(tokens);
        const token_filter filter(bytes);
        for (const auto token : there) BOOST_REQUIRE(filter.may_hold(token));
        std::size_t wrong = 0;
        for (int i = 0; i < 100'000; ++i) wrong += filter.may_hold(random());
        BOOST_TEST(wrong < 1'000u, count << " tokens: " << wrong << " of 100000");
        tokens.clear();
        BOOST_TEST(tokens.size() == 0u);
    }
}

namespace {

// Some bytes changed, a piece gone or doubled.
std::string damaged(std::string bytes, std::mt19937_64& random) {
    const std::string before = bytes;
    while (bytes == before) {
        const std::size_t at = random() % bytes.size(), size = random() % (bytes.size() - at) + 1;
        switch (random() % 5) {
            case 0: bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8); break;
            case 1: bytes.resize(at); break;
            case 2: bytes.erase(at, size); break;
            case 3: bytes.insert(at, before.substr(at, size)); break;
            default:
                for (std::size_t i = 0; i < std::min<std::size_t>(size, 64); ++i)
                    bytes[at + i] = static_cast<char>(random());
        }
    }
    return bytes;
}

// Its parts as a file would be that somebody made with a checksum of its own: whatever they say, they are read in bounds.
void read_parts(const segment_columns& columns) {
    (void)columns.at();
    (void)columns.received_at();
    (void)columns.ids();
    for (std::size_t c = 0; c < column_count; ++c)
        if (const auto column = columns.text(static_cast<carrel::segments::column>(c)))
            for (std::size_t i = 0; i < columns.events(); ++i) (void)column->text(i);
}

}  // namespace

// This runs under ASan, too: nothing is read past its end.
BOOST_AUTO_TEST_CASE(damaged_columns_are_not_read) {
    std::mt19937_64 random(5);
    const segment whole = segment_of(some_events(300, 1), fresh_format);
    const std::string plain(without_checksum(whole.columns).value());
    std::size_t read = 0;
    for (int round = 0; round < 2'000; ++round) {
        BOOST_TEST(!segment_columns::open(damaged(whole.columns, random)).has_value());
        std::string crafted = damaged(plain, random);
        append_checksum(crafted);
        const auto columns = segment_columns::open(crafted);
        if (columns) read_parts(*columns);
        read += columns.has_value();
    }
    BOOST_TEST(read > 100u);
    BOOST_TEST(!segment_columns::open("").has_value());
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

// A text may be missing from a list only if it is not there: a filter that cannot be trusted holds everything.
BOOST_AUTO_TEST_CASE(a_damaged_filter_holds_everything) {
    std::mt19937_64 random(8);
    const segment whole = segment_of(some_events(300, 1), fresh_format);
    for (int round = 0; round < 2'000; ++round) {
        const std::string hurt = damaged(whole.filter, random);
        const token_filter filter(hurt);
        BOOST_TEST(!filter.is_sound());
        BOOST_TEST(filter.may_hold(random()));
    }
    BOOST_TEST(token_filter("").may_hold(1));
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
