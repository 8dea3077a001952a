#include "siem/event_receipt.hpp"

#include "siem/event_store.hpp"
#include "siem/loose_events.hpp"

#include <algorithm>
#include <limits>

namespace carrel::siem {

namespace {

// What one run does at most, so that a read in which nothing passes ends in time.
constexpr std::size_t segments_a_run = 32, texts_a_run = 50'000;
// Segments overlap where several requests came in at the same time.
constexpr std::size_t open_max = 4;

constexpr int fields_column = 3 + static_cast<int>(segments::column_count);

blob_view bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

uuid uuid_of(blob_view bytes) noexcept {
    uuid made;
    for (std::size_t i = 0; i < 16 && i < bytes.size(); ++i) {
        auto& half = i < 8 ? made.high : made.low;
        half = half << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    }
    return made;
}

uuid before(const uuid& id) noexcept { return {id.low == 0 ? id.high - 1 : id.high, id.low - 1}; }

}  // namespace

receipt_walk::receipt_walk(read_session& session, const event_conditions& conditions, const uuid& after)
    : session_(&session),
      conditions_(&conditions),
      test_(conditions),
      reached_(after) {}

result<void> receipt_walk::list_segments() {
    const auto& range = conditions_->range;
    const bool is_bounded = range.from || range.to;
    auto rows = session_->prepare(
        is_bounded ? read_sql("SELECT seq, from_id, to_id FROM event_segments WHERE to_id > ? AND to_at >= ? AND "
                              "from_at < ? ORDER BY from_id")
                   : read_sql("SELECT seq, from_id, to_id FROM event_segments WHERE to_id > ? ORDER BY from_id"));
    if (!rows) return rows.error();
    const std::string after = key_of(reached_);
    if (is_bounded)
        rows->bind(bytes_of(after), range.from.value_or(std::numeric_limits<timestamp>::min()),
                   range.to.value_or(std::numeric_limits<timestamp>::max()));
    else rows->bind(bytes_of(after));
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return {};
        ahead_.push_back({rows->integer(0), uuid_of(rows->bytes(1)), uuid_of(rows->bytes(2))});
    }
}

result<segment_scan*> receipt_walk::scan_of(std::int64_t segment) {
    const auto known = open_.find(segment);
    if (known != open_.end()) return &known->second;
    while (open_.size() >= open_max) open_.erase(open_.begin());
    auto scan = segment_scan::open(*session_);
    if (!scan) return scan.error();
    auto& kept = open_.emplace(segment, std::move(*scan)).first->second;
    if (auto read = kept.read(segment); !read) return read.error();
    return &kept;
}

// Adds the events of the next segment that pass by their columns.
result<void> receipt_walk::open_next() {
    const header next = ahead_[next_++];
    if (!filters_) {
        auto made = segment_scan::open(*session_);
        if (!made) return made.error();
        filters_ = std::move(*made);
    }
    auto may_pass = filters_->may_pass({next.seq, 0, 0, 0}, *conditions_);
    if (!may_pass) return may_pass.error();
    if (!*may_pass) return {};
    ++read_;
    auto scan = scan_of(next.seq);
    if (!scan) return scan.error();
    (*scan)->limit_frames(filters_->frames());
    auto places = (*scan)->passing(*conditions_, false);
    if (!places) return places.error();
    auto ids = (*scan)->ids();
    if (!ids) return ids.error();
    candidates_.erase(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    for (const std::uint32_t place : *places)
        if ((*ids)[place] > reached_) candidates_.push_back({(*ids)[place], next.seq, place});
    // As a rule events are in the order of their ids already, or a few such runs.
    const auto is_before = [](const candidate& one, const candidate& other) { return one.id < other.id; };
    if (!std::is_sorted(candidates_.begin(), candidates_.end(), is_before))
        std::stable_sort(candidates_.begin(), candidates_.end(), is_before);
    return {};
}

result<void> receipt_walk::step_loose() {
    if (!loose_) {
        auto rows =
            session_->prepare(read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, "
                                       "severity, fields FROM events WHERE id > ? ORDER BY id"));
        if (!rows) return rows.error();
        loose_ = std::move(*rows);
        loose_->bind(siem::text_of(reached_));
    }
    loose_head_.reset();
    for (;;) {
        auto more = loose_->step();
        if (!more) return more.error();
        if (!*more) return {};
        loose_head_ = loose_head(*loose_);
        if (loose_head_) return {};
    }
}

// True if the visitor wants more.
result<bool> receipt_walk::offer(const candidate& one, const visitor& visit) {
    reached_ = one.id;
    auto scan = scan_of(one.segment);
    if (!scan) return scan.error();
    if (conditions_->look_at_text()) {
        ++tested_;
        auto passes = (*scan)->passes(one.place, test_);
        if (!passes) return passes.error();
        if (!*passes) return true;
    }
    auto head = (*scan)->head(one.place);
    if (!head) return head.error();
    auto text = (*scan)->text(one.place);
    if (!text) return text.error();
    return visit(*head, *text);
}

result<bool> receipt_walk::run(const visitor& visit) {
    if (auto done = list_segments(); !done) return done.error();
    if (auto done = step_loose(); !done) return done.error();
    for (;;) {
        // The next event may be in a segment that is not open yet.
        while (next_ < ahead_.size() && (!has_candidate() || ahead_[next_].from < candidates_[at_].id)) {
            if (!has_candidate()) reached_ = std::max(reached_, before(ahead_[next_].from));
            if (read_ >= segments_a_run && !has_candidate() && !loose_head_) return false;
            if (auto done = open_next(); !done) return done.error();
        }
        const bool loose_is_next = loose_head_ && (!has_candidate() || loose_head_->id < candidates_[at_].id);
        if (!loose_is_next && !has_candidate()) return true;
        if (tested_ >= texts_a_run) return false;
        if (!loose_is_next) {
            auto wants_more = offer(candidates_[at_++], visit);
            if (!wants_more) return wants_more.error();
            if (!*wants_more) return false;
            continue;
        }
        reached_ = loose_head_->id;
        const std::string_view fields = loose_->text(fields_column);
        ++tested_;
        if (loose_passes(*conditions_, *loose_head_, fields, test_) && !visit(*loose_head_, fields)) return false;
        if (auto done = step_loose(); !done) return done.error();
    }
}

}  // namespace carrel::siem
