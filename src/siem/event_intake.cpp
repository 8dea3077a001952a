#include "siem/event_intake.hpp"

#include "base/digest.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "segments/segment_builder.hpp"
#include "siem/element_splitter.hpp"
#include "siem/event_reader.hpp"

#include <deque>
#include <utility>

namespace carrel::siem {

namespace {

constexpr std::size_t line_bytes_max = 16u << 20;
// What an event costs besides its texts.
constexpr std::size_t event_overhead = 256;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const std::size_t first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// Whether a line that is not JSON is the beginning of a text over several lines: a pretty-printed array or object.
bool begins_long_text(std::string_view line) { return line.starts_with('[') || line == "{"; }

// The UTF-8 mark that some programs put before a text.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

struct event_intake::state {
    format how;
    timestamp received_at;
    id_source fresh_id;
    std::optional<idempotency> key;

    // The text that is being cut.
    std::string line;  // NDJSON: the beginning of a line whose end is still to come
    bool line_oversized = false;
    bool any_text = false;  // a line that is not blank was seen
    element_splitter elements{line_bytes_max};
    std::size_t mark_seen = 0;        // bytes of a byte order mark at the beginning
    bool mark_decided = false;        // whether there is one is known
    std::int64_t number = 0;          // of the line or element that was read last
    const char* hashed_to = nullptr;  // in the bytes being fed: what is before it is in `sum`
    std::optional<digest> sum;
    const char* accepted_to = nullptr;  // in the bytes being fed: the end of the event accepted last, if it is there
    std::optional<digest> at_accepted;  // what `sum` was there, if it is not

    event_reader reader;
    new_event read;  // of the event at hand; its buffers are used again
    segments::segment_builder builder{segments::fresh_format};
    std::optional<problem> broken;

    // Parts: the one that grows, and those that are complete.
    event_part growing;
    std::deque<event_part> complete;
    std::size_t bytes_complete = 0;
    std::uint32_t parts = 0;
    intake_summary totals;

    void take(std::string_view text, bool oversized, const char* end);
    void accept(std::string_view text, const char* end);
    void end_segment();
    void reject(std::string detail);
    void seal(std::string chain, bool last);
    void hash_to(const char* end);
    void end_feed(const char* end);
    std::string chain_so_far();
    void feed_marked(std::string_view bytes);
    void end_mark();
    void feed_text(std::string_view bytes);
    void feed_lines(std::string_view bytes);
    void feed_elements(std::string_view bytes);
};

event_intake::event_intake(format how, timestamp received_at, id_source fresh_id, std::optional<idempotency> key)
    : state_(std::make_unique<state>()) {
    state_->how = how;
    state_->received_at = received_at;
    state_->fresh_id = std::move(fresh_id);
    // Nothing is hashed for a request that cannot be repeated.
    if (key) state_->sum.emplace();
    state_->key = std::move(key);
}

event_intake::~event_intake() = default;

std::optional<problem> event_intake::feed(std::string_view bytes) {
    if (state_->broken || bytes.empty()) return state_->broken;
    state_->hashed_to = bytes.data();
    state_->feed_marked(bytes);
    state_->end_feed(bytes.data() + bytes.size());
    return state_->broken;
}

std::optional<problem> event_intake::finish() {
    state& self = *state_;
    if (self.broken) return self.broken;
    self.hashed_to = nullptr;
    self.end_mark();
    if (self.how == format::ndjson) {
        if (!self.line.empty() || self.line_oversized) self.take(self.line, self.line_oversized, nullptr);
    } else {
        const auto found = self.elements.finish();
        if (found == element_splitter::step::element)
            self.take(self.elements.element(), self.elements.is_oversized(), nullptr);
        if (found == element_splitter::step::broken && !self.broken)
            self.broken = problem{problem_code::bad_request, "the JSON ends too early", {}};
    }
    // Of a request with a key, that nothing was accepted is an outcome to keep, too.
    const bool is_outcome = self.growing.events != 0 || (self.key && self.parts == 0);
    if (!self.broken && is_outcome) self.seal(self.sum ? self.sum->text() : "", true);
    return self.broken;
}

std::optional<event_part> event_intake::take_part() {
    if (state_->complete.empty()) return std::nullopt;
    event_part part = std::move(state_->complete.front());
    state_->complete.pop_front();
    state_->bytes_complete -= part.bytes;
    return part;
}

std::size_t event_intake::bytes_held() const noexcept {
    const state& self = *state_;
    return self.line.size() + self.elements.bytes_held() + self.growing.bytes + self.bytes_complete;
}

void event_intake::committed(const event_part&, const stored_part& stored) {
    intake_summary& totals = state_->totals;
    totals.accepted += stored.accepted;
    if (totals.first_id.empty()) totals.first_id = stored.first_id;
    totals.last_id = stored.last_id;
}

const intake_summary& event_intake::summary() const noexcept { return state_->totals; }

void event_intake::write_summary(std::string& json) const {
    const intake_summary& totals = state_->totals;
    json::writer out(json);
    const auto id = [&](std::string_view name, const std::string& text) {
        out.key(name);
        if (text.empty()) {
            out.null();
        } else {
            out.string(text);
        }
    };
    out.begin_object().key("accepted").integer(totals.accepted).key("rejected").integer(totals.rejected);
    out.key("errors").begin_array();
    for (const fault& each : totals.faults)
        out.begin_object().key("line").integer(each.line).key("detail").string(each.detail).end_object();
    out.end_array();
    id("first_id", totals.first_id);
    id("last_id", totals.last_id);
    out.end_object();
}

// -- cutting ---

// Takes a byte order mark off the front of the body, wherever it is cut.
void event_intake::state::feed_marked(std::string_view bytes) {
    while (!mark_decided) {
        if (bytes.empty()) return;
        if (bytes.front() != byte_order_mark[mark_seen]) {
            end_mark();
            break;
        }
        bytes.remove_prefix(1);
        mark_decided = ++mark_seen == byte_order_mark.size();
    }
    feed_text(bytes);
}

// What began like a mark and did not go on like one is part of the text.
void event_intake::state::end_mark() {
    if (!std::exchange(mark_decided, true)) feed_text(byte_order_mark.substr(0, mark_seen));
}

void event_intake::state::feed_text(std::string_view bytes) {
    if (how == format::ndjson) {
        feed_lines(bytes);
    } else {
        feed_elements(bytes);
    }
}

void event_intake::state::feed_lines(std::string_view bytes) {
    while (!bytes.empty() && !broken) {
        const std::size_t size = bytes.find('\n');
        const std::string_view part = bytes.substr(0, size);
        const bool whole = size != bytes.npos;
        const bool fits = !line_oversized && line.size() + part.size() <= line_bytes_max;
        if (whole && fits && line.empty()) {
            take(part, false, part.data() + size + 1);
            bytes.remove_prefix(size + 1);
            continue;
        }
        if (fits) line.append(part);
        line_oversized = !fits;
        if (!fits) line.clear();
        if (!whole) return;
        take(line, line_oversized, part.data() + size + 1);
        line.clear();
        line_oversized = false;
        bytes.remove_prefix(size + 1);
    }
}

void event_intake::state::feed_elements(std::string_view bytes) {
    while (!broken) {
        const auto found = elements.next(bytes);
        if (found == element_splitter::step::need_more) return;
        if (found == element_splitter::step::element) {
            take(elements.element(), elements.is_oversized(), bytes.data());
        } else {
            broken = problem{problem_code::bad_request, std::string(elements.why()), {}};
        }
    }
}

// -- one event ---

// `end` is where the event ends in the bytes being fed.
void event_intake::state::take(std::string_view text, bool oversized, const char* end) {
    ++number;
    text = trimmed(text);
    const bool is_line = how == format::ndjson;
    if (is_line && text.empty() && !oversized) return;
    const bool is_first = !std::exchange(any_text, true);
    if (oversized) return reject("is longer than 16 MiB");
    switch (reader.read(text, received_at, read)) {
        case event_reader::verdict::accepted: return accept(text, end);
        case event_reader::verdict::refused: return reject(reader.why());
        case event_reader::verdict::broken: break;
    }
    if (is_line && is_first && begins_long_text(text)) {
        broken = problem{problem_code::bad_request,
                         "a line must hold a whole JSON object; send JSON that spans lines as application/json",
                         {}};
    } else if (is_line) {
        return reject(reader.why());
    } else {
        broken = problem{problem_code::bad_request, "element " + std::to_string(number) + " " + reader.why(), {}};
    }
}

void event_intake::state::reject(std::string detail) {
    ++totals.rejected;
    if (totals.faults.size() < faults_max) totals.faults.push_back({"", number, std::move(detail)});
}

void event_intake::state::accept(std::string_view text, const char* end) {
    const std::size_t size = text.size() + event_overhead;
    // A full part is cut off only now that the request is known to be longer.
    const bool fits = growing.events < event_part_max && growing.bytes + size <= event_part_bytes_max;
    if (!fits && growing.events != 0) seal(chain_so_far(), false);
    segments::event_head head{fresh_id(), read.at, received_at, {}};
    head.texts = {read.source, read.host, read.channel, read.event_code, read.severity};
    for (const std::uint64_t token : read.tokens) builder.tokens().add(token);
    builder.add(head, text);
    if (builder.is_full()) end_segment();
    growing.bytes += size;
    if (growing.events++ == 0) growing.first_id = head.id;
    growing.last_id = head.id;
    accepted_to = end;
}

void event_intake::state::end_segment() {
    if (builder.events() > 0) growing.segments.push_back(builder.finish());
}

// Over the bytes up to the end of the event accepted last: the same wherever the bytes were cut.
std::string event_intake::state::chain_so_far() {
    if (!sum) return {};
    if (accepted_to == nullptr) return at_accepted->text();
    hash_to(accepted_to);
    return sum->text();
}

void event_intake::state::seal(std::string chain, bool last) {
    end_segment();
    growing.number = parts++;
    growing.last = last;
    growing.received_at = received_at;
    growing.chain = std::move(chain);
    growing.idempotency = key;
    bytes_complete += growing.bytes;
    complete.push_back(std::move(growing));
    growing = {};
}

void event_intake::state::end_feed(const char* end) {
    if (sum && accepted_to != nullptr) {
        hash_to(accepted_to);
        at_accepted = *sum;
        accepted_to = nullptr;
    }
    hash_to(end);
}

void event_intake::state::hash_to(const char* end) {
    if (sum && hashed_to != nullptr) sum->update({hashed_to, static_cast<std::size_t>(end - hashed_to)});
    hashed_to = end;
}

}  // namespace carrel::siem
