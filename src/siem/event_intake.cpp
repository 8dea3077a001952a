#include "siem/event_intake.hpp"

#include "base/digest.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/event_reader.hpp"

#include <utility>

namespace carrel::siem {

namespace {

// Of event texts that are made between two looks at the clock, however few bytes they came from.
constexpr std::size_t step_bytes_max = 64u << 10;
constexpr int step_items_max = 1'024;

// The UTF-8 mark that some programs put before a text.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// When it is time to look at the clock, or to hand a part on.
class step_budget {
public:
    explicit step_budget(const event_parts& parts)
        : parts_(parts),
          bytes_max_(parts.bytes_growing() + step_bytes_max) {}

    bool allows_more() {
        const bool is_first = items_++ == 0;
        return is_first || (items_ <= step_items_max && !parts_.has_complete() && parts_.bytes_growing() < bytes_max_);
    }

private:
    const event_parts& parts_;
    std::size_t bytes_max_;
    int items_ = 0;
};

std::unique_ptr<event_body> body_of(event_intake::format wanted) {
    return wanted == event_intake::format::ndjson ? make_line_body() : make_element_body();
}

}  // namespace

struct event_intake::state {
    state(std::unique_ptr<event_body> cut, intake_options given, id_source fresh_id)
        : body(std::move(cut)),
          options(std::move(given)),
          parts(options.received_at, std::move(fresh_id), options.key) {
        // Nothing is hashed for a request that cannot be repeated.
        if (options.key) sum.emplace();
        reader.use(options.mappings);
        reader.take_identity(options.identity_path);
        reader.read_envelopes(body->is_envelope());
    }

    std::unique_ptr<event_body> body;
    intake_options options;
    std::size_t mark_seen = 0;        // bytes of a byte order mark at the beginning
    bool mark_decided = false;        // whether there is one is known
    const char* fed_to = nullptr;     // the end of the bytes being fed
    const char* hashed_to = nullptr;  // in the bytes being fed: what is before it is in `sum`
    std::optional<digest> sum;
    const char* accepted_to = nullptr;  // in the bytes being fed: the end of the event accepted last, if it is there
    std::optional<digest> at_accepted;  // what `sum` was there, if it is not

    event_reader reader;
    body_item item;
    new_event read;  // of the event at hand; its buffers are used again
    event_parts parts;
    std::optional<problem> broken;
    std::int64_t settled = 0;  // events of the parts that were stored
    intake_summary totals;

    bool cut(std::string_view& bytes);
    bool cut_end();
    bool take_step(event_body::step found, const char* end);
    void take(const char* end);
    void take_broken();
    void accept(const char* end);
    void reject(std::string detail);
    void hash_to(const char* end);
    void end_feed(const char* end);
    std::string chain_so_far();
    bool skip_mark(std::string_view& bytes);
    void end_mark();
    void finish_part();
};

event_intake::event_intake(format wanted, timestamp received_at, id_source fresh_id, std::optional<idempotency> key)
    : event_intake(body_of(wanted), {received_at, std::move(key), {}, {}}, std::move(fresh_id)) {}

event_intake::event_intake(std::unique_ptr<event_body> body, intake_options given, id_source fresh_id)
    : state_(std::make_unique<state>(std::move(body), std::move(given), std::move(fresh_id))) {}

event_intake::~event_intake() = default;

std::optional<problem> event_intake::feed(std::string_view bytes) {
    while (feed_some(bytes)) {
    }
    return state_->broken;
}

bool event_intake::feed_some(std::string_view& bytes) {
    state& self = *state_;
    if (self.broken) return false;
    self.hashed_to = bytes.data();
    self.fed_to = bytes.data() + bytes.size();
    const bool goes_on = self.skip_mark(bytes) && self.cut(bytes);
    self.end_feed(self.fed_to - bytes.size());
    return goes_on && !self.broken;
}

std::optional<problem> event_intake::finish() {
    while (finish_some()) {
    }
    return state_->broken;
}

bool event_intake::finish_some() {
    state& self = *state_;
    if (self.broken) return false;
    self.hashed_to = nullptr;
    self.end_mark();
    if (self.cut_end()) return !self.broken;
    if (!self.broken) self.finish_part();
    return false;
}

const std::optional<problem>& event_intake::broken() const noexcept { return state_->broken; }
std::optional<event_part> event_intake::take_part() { return state_->parts.take(); }

std::size_t event_intake::bytes_held() const noexcept {
    return state_->body->bytes_held() + state_->parts.bytes_held();
}

void event_intake::committed(const event_part& part, const stored_part& stored) {
    intake_summary& totals = state_->totals;
    totals.accepted += stored.accepted;
    totals.untimed += stored.untimed;
    totals.duplicates += stored.duplicates;
    for (const std::uint32_t place : stored.duplicate_places)
        totals.duplicate_events.push_back(state_->settled + place);
    state_->settled += part.events;
    if (stored.first_id.empty()) return;
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
    out.key("untimed").integer(totals.untimed).key("duplicates").integer(totals.duplicates);
    out.end_object();
}

// -- cutting ---

// Takes a byte order mark off the front of the body, wherever it is cut. False while more bytes must tell.
bool event_intake::state::skip_mark(std::string_view& bytes) {
    while (!mark_decided) {
        if (bytes.empty()) return false;
        if (bytes.front() != byte_order_mark[mark_seen]) {
            end_mark();
            break;
        }
        bytes.remove_prefix(1);
        mark_decided = ++mark_seen == byte_order_mark.size();
    }
    return true;
}

// What began like a mark and did not go on like one is part of the text.
void event_intake::state::end_mark() {
    if (std::exchange(mark_decided, true)) return;
    std::string_view seen = byte_order_mark.substr(0, mark_seen);
    while (!seen.empty() && take_step(body->next(seen, item), nullptr)) {
    }
}

// False once all bytes were used and nothing more is held that could be cut.
bool event_intake::state::cut(std::string_view& bytes) {
    for (step_budget left(parts); left.allows_more();) {
        const auto found = body->next(bytes, item);
        if (!take_step(found, fed_to - bytes.size())) return false;
    }
    return true;
}

bool event_intake::state::cut_end() {
    for (step_budget left(parts); left.allows_more();)
        if (!take_step(body->finish(item), nullptr)) return false;
    return true;
}

// False if there is nothing more to cut.
bool event_intake::state::take_step(event_body::step found, const char* end) {
    if (found == event_body::step::broken)
        broken = problem{
            body->is_too_large() ? problem_code::too_large : problem_code::bad_request, std::string(body->why()), {}};
    if (found != event_body::step::item) return false;
    take(end);
    return !broken;
}

// -- one event ---

// `end` is where the event ends in the bytes being fed.
void event_intake::state::take(const char* end) {
    if (!item.fault.empty()) return reject(std::string(item.fault));
    switch (reader.read(item.text, options.received_at, read)) {
        case event_reader::verdict::accepted: return accept(end);
        case event_reader::verdict::refused: return reject(reader.why());
        case event_reader::verdict::broken: return take_broken();
    }
}

void event_intake::state::take_broken() {
    auto why = body->on_broken_item(item, reader.why());
    if (!why) return reject(reader.why());
    broken = problem{problem_code::bad_request, std::move(*why), {}};
}

void event_intake::state::reject(std::string detail) {
    body->rejected(detail);
    ++totals.rejected;
    if (totals.faults.size() < faults_max) totals.faults.push_back({"", item.number, std::move(detail)});
}

void event_intake::state::accept(const char* end) {
    event_identity identity;
    if (!options.identity_path.empty()) {
        if (!read.identity) return reject("has no string or number `" + options.identity_path + "`");
        identity = identity_of({}, *read.identity);
    } else if (item.identity) {
        identity = identity_of(options.identity_scope, *item.identity);
    }
    if (!read.channel && !item.channel.empty()) read.channel = item.channel;
    if (item.at) read.at = *item.at;
    const bool is_untimed = reader.was_untimed() && !item.at;
    // A full part is cut off only now that the request is known to be longer.
    if (parts.is_full_for(item.text.size())) parts.end(chain_so_far(), false);
    body->accepted(parts.add(read, item.text, identity, is_untimed));
    accepted_to = end;
}

void event_intake::state::finish_part() {
    // Of a request with a key, that nothing was accepted is an outcome to keep, too.
    const bool is_outcome = !parts.is_empty() || (options.key && parts.ended() == 0);
    if (is_outcome) parts.end(sum ? sum->text() : "", true);
}

// -- the chain ---

// Over the bytes up to the end of the event accepted last: the same wherever the bytes were cut.
std::string event_intake::state::chain_so_far() {
    if (!sum) return {};
    if (accepted_to == nullptr) return at_accepted->text();
    hash_to(accepted_to);
    return sum->text();
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
