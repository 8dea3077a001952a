#include "base/calendar.hpp"
#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_field.hpp"
#include "siem/event_walk.hpp"
#include "siem/events.hpp"
#include "siem/value_counts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace carrel::siem {

namespace {

constexpr std::int64_t buckets_max = 250'000;
constexpr std::int64_t split_buckets_max = 10'000;
// Values of the field that splits the buckets which are counted at the first go. If there are more, the most frequent ones
// are found first.
constexpr std::size_t split_values_max = 1'000;

struct histogram_input : input {
    event_conditions conditions;
    std::optional<time_buckets> buckets;
    std::optional<event_field> split;
    std::int64_t limit = 10;
};

/// What falls into one bucket. The values are numbered; of others there is only the count.
struct bucket {
    std::int64_t count = 0;
    std::map<std::uint32_t, std::int64_t> by_value;
};

// An event is counted once, under its first value, so that the parts of a bucket make the whole.
template <class Each>
void with_first_value(event_field& field, const segments::event_head& head, std::string_view fields, Each each) {
    bool has_value = false;
    field.each(head, fields, [&](std::string_view value) {
        if (!std::exchange(has_value, true)) each(value);
    });
}

/// How often each value splits a bucket.
class first_values final : public event_visitor {
public:
    explicit first_values(event_field field)
        : field_(std::move(field)) {}

    bool looks_at_text() const override { return field_.is_in_text(); }
    void take(const segments::event_head& head, std::string_view fields) override {
        with_first_value(field_, head, fields, [&](std::string_view value) { counts.add(value); });
    }

    value_counts counts;

private:
    event_field field_;
};

class histogram_visitor final : public event_visitor {
public:
    explicit histogram_visitor(const histogram_input& parameters)
        : times_(*parameters.buckets),
          split_(parameters.split) {}

    /// Only these values are counted, whatever else there is.
    void split_by(const std::vector<value_counts::entry>& chosen) {
        for (const auto& each : chosen) (void)number_of(each.value);
        values_max_ = values.size();
    }

    bool take_unread(const segment_header& header, std::int64_t events) override {
        const timestamp start = times_.start(header.from_at);
        if (split_ || start != times_.start(header.to_at)) return false;
        buckets[start].count += events;
        return true;
    }
    bool looks_at_text() const override { return split_ && split_->is_in_text(); }
    result<void> take_from(segment_scan& scan, const segment_header& header,
                           std::span<const std::uint32_t> places) override {
        if (split_) return event_visitor::take_from(scan, header, places);
        const timestamp start = times_.start(header.from_at);
        if (start == times_.start(header.to_at)) {
            buckets[start].count += static_cast<std::int64_t>(places.size());
            return {};
        }
        auto at = scan.times();
        if (!at) return at.error();
        for (const std::uint32_t place : places) {
            // Then the request is refused; what it holds must not grow meanwhile.
            if (are_too_many()) return {};
            ++bucket_of((*at)[place]).count;
        }
        return {};
    }
    void take(const segments::event_head& head, std::string_view fields) override {
        if (are_too_many()) return;
        bucket& into = bucket_of(head.at);
        ++into.count;
        if (!split_) return;
        with_first_value(*split_, head, fields, [&](std::string_view value) {
            if (const auto number = number_of(value)) ++into.by_value[*number];
        });
    }

    std::int64_t buckets_most() const noexcept { return split_ ? split_buckets_max : buckets_max; }
    /// Whether there was a value for which no number was left.
    bool lacks_values() const noexcept { return lacks_values_; }
    bool are_too_many() const noexcept { return static_cast<std::int64_t>(buckets.size()) > buckets_most(); }

    std::map<timestamp, bucket> buckets;
    std::vector<std::string> values;

private:
    // Events come mostly in the order of time.
    bucket& bucket_of(timestamp at) {
        if (last_ == nullptr || at < last_start_ || at >= last_end_) {
            last_start_ = times_.start(at);
            last_end_ = times_.next(last_start_);
            last_ = &buckets[last_start_];
        }
        return *last_;
    }
    std::optional<std::uint32_t> number_of(std::string_view value) {
        const auto known = numbers_.find(value);
        if (known != numbers_.end()) return known->second;
        if (values.size() == values_max_) {
            lacks_values_ = true;
            return std::nullopt;
        }
        const auto number = static_cast<std::uint32_t>(values.size());
        values.emplace_back(value);
        numbers_.emplace(value, number);
        return number;
    }

    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return base::keyed_hash(text); }
    };
    time_buckets times_;
    std::optional<event_field> split_;
    std::size_t values_max_ = split_values_max;
    bool lacks_values_ = false;
    bucket* last_ = nullptr;
    timestamp last_start_ = 0, last_end_ = 0;
    std::unordered_map<std::string, std::uint32_t, hash, std::equal_to<>> numbers_;
};

// -- the request ---

void read_interval(const query_pairs& query, histogram_input& into, std::vector<fault>& faults) {
    const auto name = parameter(query, "tz");
    auto zone = time_zone::named(name.value_or("UTC"));
    if (!zone) {
        faults.push_back({"tz", 0, "must be UTC, an offset such as +02:00, or a zone such as Europe/Berlin"});
        zone = time_zone::named("UTC");
    }
    const auto interval = parameter(query, "interval");
    into.buckets = time_buckets::every(interval.value_or(""), std::move(*zone));
    if (!into.buckets)
        faults.push_back({"interval", 0, "must be a number with one of s, m, h, d, w, M, y, such as 15m"});
}

void read_split(const query_pairs& query, histogram_input& into, std::vector<fault>& faults) {
    if (parameter(query, "split")) into.split = event_field::parameter(query, "split", faults);
    if (auto wrong = read_number(query, "limit", 100, into.limit)) faults.push_back(std::move(*wrong));
    else if (parameter(query, "limit") && !parameter(query, "split"))
        faults.push_back({"limit", 0, "is the number of values of split, which is not given"});
}

std::optional<problem> check_histogram(const operation& what, call& request) {
    constexpr std::array<std::string_view, 4> own = {"interval", "tz", "split", "limit"};
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, own);
    auto parsed = std::make_unique<histogram_input>();
    read_interval(request.query, *parsed, faults);
    read_split(request.query, *parsed, faults);
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// -- the reply ---

// The values that are shown apart: the most frequent ones of the whole range, in that order.
std::vector<std::uint32_t> shown_values(const histogram_visitor& found, std::int64_t limit) {
    std::vector<std::int64_t> totals(found.values.size(), 0);
    for (const auto& [start, each] : found.buckets)
        for (const auto& [number, count] : each.by_value) totals[number] += count;
    std::vector<std::uint32_t> order(totals.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::uint32_t one, std::uint32_t other) {
        return totals[one] != totals[other] ? totals[one] > totals[other] : found.values[one] < found.values[other];
    });
    order.resize(std::min(order.size(), static_cast<std::size_t>(limit)));
    return order;
}

class histogram_writer {
public:
    histogram_writer(const histogram_input& parameters, const histogram_visitor& found, std::string& body)
        : parameters_(parameters),
          found_(found),
          body_(body),
          out_(body) {
        if (parameters.split) shown_ = shown_values(found, parameters.limit);
    }

    /// Whether all buckets from `first` to before `end` were few enough.
    bool write(timestamp first, timestamp end) {
        out_.begin_object().key("items").begin_array();
        std::int64_t written = 0;
        for (timestamp start = first; start < end; start = parameters_.buckets->next(start)) {
            if (++written > found_.buckets_most()) return false;
            const auto filled = found_.buckets.find(start);
            write_one(start, filled == found_.buckets.end() ? bucket() : filled->second);
        }
        out_.end_array().end_object();
        return true;
    }

private:
    void write_one(timestamp start, const bucket& each) {
        out_.begin_object().key("start").raw("\"");
        parameters_.buckets->zone().append_time(body_, start);
        body_ += '"';
        out_.key("count").integer(each.count);
        if (parameters_.split) write_values(each);
        out_.end_object();
    }
    void write_values(const bucket& each) {
        std::int64_t others = each.count;
        out_.key("values").begin_object();
        for (const std::uint32_t number : shown_) {
            const auto count = each.by_value.find(number);
            if (count == each.by_value.end()) continue;
            out_.key(found_.values[number]).integer(count->second);
            others -= count->second;
        }
        out_.end_object().key("others").integer(others);
    }

    const histogram_input& parameters_;
    const histogram_visitor& found_;
    std::string& body_;
    json::writer out_;
    std::vector<std::uint32_t> shown_;
};

result<std::unique_ptr<histogram_visitor>> count_events(read_session& session, const histogram_input& parameters) {
    auto found = std::make_unique<histogram_visitor>(parameters);
    if (auto done = visit_events(session, parameters.conditions, *found); !done) return done.error();
    if (!found->lacks_values() || found->are_too_many()) return found;
    first_values all(*parameters.split);
    if (auto done = visit_events(session, parameters.conditions, all); !done) return done.error();
    found = std::make_unique<histogram_visitor>(parameters);
    found->split_by(all.counts.most_frequent(static_cast<std::size_t>(parameters.limit)));
    if (auto done = visit_events(session, parameters.conditions, *found); !done) return done.error();
    return found;
}

result<void> histogram(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const histogram_input&>(*request.parsed);
    into.clear();
    auto counted = count_events(session, parameters);
    if (!counted) return counted.error();
    const histogram_visitor& found = **counted;
    const auto& [from, to] = parameters.conditions.range;
    // Nothing known of one end: no buckets. `to` is not part of what it bounds.
    timestamp first = 0, end = 0;
    if (!found.buckets.empty() || (from && to)) {
        first = parameters.buckets->start(from ? *from : found.buckets.begin()->first);
        end = to ? *to : found.buckets.rbegin()->first + 1;
    }
    if (!found.are_too_many() && histogram_writer(parameters, found, into.body).write(first, end)) return {};
    into.clear();
    return refuse(
        into, problem_of(problem_code::bad_request, "interval",
                         "is too short: that would be more than " + std::to_string(found.buckets_most()) + " buckets"));
}

constexpr std::string_view histogram_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["start","count"],"properties":{"start":{"type":"string","format":"date-time"},)"
    R"("count":{"type":"integer"},"values":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("others":{"type":"integer"}}}}}})";

}  // namespace

operation histogram_operation() {
    operation made;
    made.path = "/events/histogram";
    made.id = "get_event_histogram";
    made.summary = "Counts events per interval, empty ones included.";
    made.parameters = filter_parameters(events());
    made.parameters.push_back({"interval", R"({"type":"string","pattern":"^[1-9][0-9]{0,2}[smhdwMy]$"})", true,
                               "How long a bucket is: a number of s, m, h, d, w, M or y."});
    made.parameters.push_back({"tz", R"({"type":"string","default":"UTC"})", false,
                               "Whose clock cuts days and hours: a zone, or an offset."});
    made.parameters.push_back({"split", R"({"type":"string","minLength":1,"maxLength":1024})", false,
                               "A field by whose values each bucket is split."});
    made.parameters.push_back({"limit", R"({"type":"integer","minimum":1,"maximum":100,"default":10})", false,
                               "How many values are shown apart, the most frequent ones."});
    made.reply_schema = histogram_schema;
    made.of = &events();
    made.check = check_histogram;
    made.read = histogram;
    return made;
}

}  // namespace carrel::siem
