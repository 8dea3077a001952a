#include "base/base64url.hpp"
#include "base/siphash.hpp"
#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/events.hpp"
#include "siem/segment_scan.hpp"

#include <array>
#include <charconv>
#include <cstring>

// GET /events/feed: events in the order in which they were committed, for those who follow.
namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 3> feed_only = {"after", "limit", "wait_ms"};
constexpr std::int64_t wait_ms_max = 30'000;
// What is read before a page ends although it is not full: a follower whose filters find little gets on before its
// deadline.
constexpr std::size_t segments_read_max = 512, texts_tested_max = 100'000;

struct feed_input : input {
    event_conditions conditions;
    std::int64_t limit = 50;
    std::int64_t after = 0;  // the position of the last event that is known
    bool from_end = false;
};

// -- cursors ---

// Against texts that were cut or changed. They are no secret, and hold as long as the file: no key of this process.
std::uint32_t mark_of(std::string_view position) {
    return static_cast<std::uint32_t>(base::siphash<2, 4>({0x66656564, 0x63617272656c})(position));
}

std::string cursor_of(std::int64_t position) {
    std::string bytes(sizeof position, '\0');
    std::memcpy(bytes.data(), &position, sizeof position);
    const std::uint32_t mark = mark_of(bytes);
    bytes.append(reinterpret_cast<const char*>(&mark), sizeof mark);
    return to_base64url(bytes);
}

std::optional<std::int64_t> position_of(std::string_view cursor) {
    const auto bytes = from_base64url(cursor);
    std::int64_t position = 0;
    std::uint32_t mark = 0;
    if (!bytes || bytes->size() != sizeof position + sizeof mark) return std::nullopt;
    std::memcpy(&position, bytes->data(), sizeof position);
    std::memcpy(&mark, bytes->data() + sizeof position, sizeof mark);
    if (mark != mark_of(std::string_view(*bytes).substr(0, sizeof position)) || position < 0) return std::nullopt;
    return position;
}

// -- checks ---

std::optional<fault> read_wait(const query_pairs& query, std::chrono::milliseconds& into) {
    const auto text = parameter(query, "wait_ms");
    if (!text) return std::nullopt;
    std::int64_t number = -1;
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number < 0 || number > wait_ms_max)
        return fault{"wait_ms", 0, "must be 0 to " + std::to_string(wait_ms_max)};
    into = std::chrono::milliseconds(number);
    return std::nullopt;
}

std::optional<fault> read_after(const query_pairs& query, feed_input& into) {
    const auto text = parameter(query, "after");
    if (!text) return std::nullopt;
    into.from_end = *text == "end";
    if (into.from_end) return std::nullopt;
    const auto position = position_of(*text);
    if (!position) return fault{"after", 0, "is neither a cursor of the feed nor `end`"};
    into.after = *position;
    return std::nullopt;
}

std::optional<problem> check_feed(const operation& what, call& request) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, feed_only);
    auto parsed = std::make_unique<feed_input>();
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    if (auto wrong = read_wait(request.query, request.wait)) faults.push_back(std::move(*wrong));
    if (auto wrong = read_after(request.query, *parsed)) faults.push_back(std::move(*wrong));
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// -- a page ---

class feed_page {
public:
    feed_page(const feed_input& parameters, std::int64_t after, std::string& body)
        : parameters_(&parameters),
          test_(parameters.conditions),
          body_(&body),
          last_(after) {}

    // Appends the events of a segment that come after the last one. False once the page is over.
    result<bool> take(segment_scan& scan, const segment_header& header, std::int64_t last_of_segment) {
        if (auto may_pass = scan.may_pass(header, parameters_->conditions); !may_pass || !*may_pass) {
            if (may_pass) last_ = last_of_segment;
            return may_pass ? result<bool>(true) : may_pass;
        }
        if (auto read = scan.read(header.seq); !read) return read.error();
        auto positions = scan.positions();
        if (!positions) return positions.error();
        const auto& range = parameters_->conditions.range;
        auto places = scan.passing(parameters_->conditions, range.holds_all(header.from_at, header.to_at));
        if (!places) return places.error();
        for (const std::uint32_t place : *places) {
            if ((*positions)[place] <= last_) continue;
            auto passes = parameters_->conditions.look_at_text() ? scan.passes(place, test_) : result<bool>(true);
            if (!passes) return passes;
            if (!*passes) continue;
            if (items_ > 0) *body_ += ',';
            if (auto done = scan.append_event(place, *body_); !done) return done.error();
            last_ = (*positions)[place];
            if (++items_ == parameters_->limit || body_->size() >= page_bytes_max) return false;
        }
        last_ = last_of_segment;
        if (parameters_->conditions.look_at_text()) texts_tested_ += places->size();
        return ++segments_read_ < segments_read_max && texts_tested_ < texts_tested_max;
    }

    std::int64_t items() const noexcept { return items_; }
    std::int64_t last() const noexcept { return last_; }

private:
    const feed_input* parameters_;
    text_test test_;
    std::string* body_;
    std::int64_t last_;  // up to this position all that passes is on the page
    std::int64_t items_ = 0;
    std::size_t segments_read_ = 0, texts_tested_ = 0;
};

// Whether the page came to the end of all events.
result<bool> fill(read_session& session, feed_page& page) {
    auto segments = session.prepare(
        read_sql("SELECT seq, events, from_at, to_at, last FROM segment_positions INDEXED BY segment_positions_by_last "
                 "JOIN event_segments ON seq = segment WHERE last > ? ORDER BY last"));
    if (!segments) return segments.error();
    segments->bind(page.last());
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    for (;;) {
        auto more = segments->step();
        if (!more) return more.error();
        if (!*more) return true;
        const segment_header header{segments->integer(0), segments->integer(1), segments->integer(2),
                                    segments->integer(3)};
        auto goes_on = page.take(*scan, header, segments->integer(4));
        if (!goes_on) return goes_on.error();
        if (!*goes_on) return false;
    }
}

result<std::int64_t> last_position(read_session& session) {
    auto next = session.first_integer("SELECT next - 1 FROM event_sequence");
    if (!next) return next.error();
    return next->value_or(0);
}

result<void> read_feed(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const feed_input&>(*request.parsed);
    into.clear();
    auto newest = last_position(session);
    if (!newest) return newest.error();
    const std::int64_t after = request.resume_at.value_or(parameters.from_end ? *newest : parameters.after);
    if (after > *newest)
        return refuse(into, problem_of(problem_code::bad_request, "after", "is ahead of all events of this database"));
    into.body = "{\"items\":[";
    feed_page page(parameters, after, into.body);
    auto at_end = fill(session, page);
    if (!at_end) return at_end.error();
    // What was deleted at the end is behind who follows, too.
    const std::int64_t next = *at_end ? *newest : page.last();
    if (*at_end && page.items() == 0) into.nothing_before = next;
    into.body += "],\"next\":";
    json::writer(into.body).string(cursor_of(next));
    into.body += '}';
    return {};
}

constexpr std::string_view feed_schema =
    R"({"type":"object","required":["items","next"],"properties":{"items":{"type":"array",)"
    R"("items":{"$ref":"#/components/schemas/event"}},"next":{"type":"string"}}})";

}  // namespace

operation event_feed_operation() {
    operation made;
    made.path = "/events/feed";
    made.id = "follow_events";
    made.summary = "Lists events in the order in which they were committed, and waits for more.";
    made.parameters = filter_parameters(events());
    made.parameters.push_back({"after", R"({"type":"string"})", false,
                               "`next` of the page before, or `end`; without it from the first event that is kept."});
    made.parameters.push_back({"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":50})", false,
                               "Items per page at most; a page of many bytes has fewer."});
    made.parameters.push_back({"wait_ms", R"({"type":"integer","minimum":0,"maximum":30000,"default":0})", false,
                               "How long to wait for an event if there is none."});
    made.reply_schema = feed_schema;
    made.of = &events();
    made.check = check_feed;
    made.read = read_feed;
    return made;
}

}  // namespace carrel::siem
