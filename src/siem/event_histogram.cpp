#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_cost.hpp"
#include "siem/event_tally.hpp"
#include "siem/events.hpp"

#include <carrel/cost.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

namespace carrel::siem {

namespace {

constexpr std::int64_t buckets_max = 250'000;

struct interval {
    std::string_view name;
    timestamp length;
};
constexpr std::array<interval, 3> intervals = {{{"1m", 60'000'000}, {"1h", 3'600'000'000}, {"1d", 86'400'000'000}}};

struct histogram_input : input {
    event_conditions conditions;
    timestamp length = 0;
    std::uint64_t cost_key = 0;
};

timestamp floor_of(timestamp at, timestamp length) { return at >= 0 ? at / length : -((length - 1 - at) / length); }

// Counts by bucket: its start, in intervals.
class buckets final : public event_tally {
public:
    explicit buckets(timestamp length)
        : length_(length) {}
    bool take_all(const segment_header& header, std::int64_t events) override {
        const std::int64_t number = floor_of(header.from_at, length_);
        if (number != floor_of(header.to_at, length_)) return false;
        counts[number] += events;
        return true;
    }
    void take(timestamp at) override { ++counts[floor_of(at, length_)]; }

    std::map<std::int64_t, std::int64_t> counts;

private:
    timestamp length_;
};

std::optional<problem> check_histogram(const operation& what, call& request) {
    constexpr std::array<std::string_view, 1> own = {"interval"};
    const resource& of = *what.of;
    std::vector<fault> faults = refuse_parameters(of, request.query, own);
    auto parsed = std::make_unique<histogram_input>();
    const auto asked = parameter(request.query, "interval");
    const auto* known =
        std::find_if(intervals.begin(), intervals.end(), [&](const interval& each) { return each.name == asked; });
    if (known == intervals.end()) faults.push_back({"interval", 0, "must be one of 1m, 1h, 1d"});
    parsed->conditions = read_event_conditions(request.query);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));

    parsed->length = known->length;
    parsed->cost_key = cost_key(what, request, parsed->conditions.range);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void write_buckets(const std::map<std::int64_t, std::int64_t>& counts, std::int64_t first, std::int64_t last,
                   timestamp length, std::string& body) {
    json::writer out(body);
    out.begin_object().key("items").begin_array();
    auto next = counts.begin();
    for (std::int64_t number = first; number <= last; ++number) {
        const bool filled = next != counts.end() && next->first == number;
        out.begin_object().key("start").raw("\"");
        append_time(body, number * length);
        body += '"';
        out.key("count").integer(filled ? next->second : 0).end_object();
        if (filled) ++next;
    }
    out.end_array().end_object();
}

result<void> histogram(const operation&, read_session& session, const call& request, reply& into) {
    const auto& asked = static_cast<const histogram_input&>(*request.parsed);
    into.clear();
    if (auto allowed = expect_cost(session, asked.cost_key); !allowed) return allowed;
    buckets found(asked.length);
    if (auto done = tally_events(session, asked.conditions, found); !done) return done;
    const auto& [from, to] = asked.conditions.range;
    // Nothing known of one end: no buckets. `to` is not part of what it bounds.
    std::int64_t first = 0, last = -1;
    if (!found.counts.empty() || (from && to)) {
        first = from ? floor_of(*from, asked.length) : found.counts.begin()->first;
        last = to ? floor_of(*to - 1, asked.length) : found.counts.rbegin()->first;
    }
    if (last - first >= buckets_max)
        return refuse(into, problem_of(problem_code::bad_request, "interval",
                                       "is too short: that would be more than 250,000 buckets"));
    write_buckets(found.counts, first, last, asked.length, into.body);
    return {};
}

constexpr std::string_view histogram_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["start","count"],"properties":{"start":{"type":"string","format":"date-time"},)"
    R"("count":{"type":"integer"}}}}}})";

}  // namespace

operation histogram_operation() {
    operation made;
    made.path = "/events/histogram";
    made.id = "get_event_histogram";
    made.summary = "Counts events per interval, empty ones included.";
    made.parameters = filter_parameters(events());
    made.parameters.push_back(
        {"interval", R"({"type":"string","enum":["1m","1h","1d"]})", true, "How long a bucket is."});
    made.reply_schema = histogram_schema;
    made.of = &events();
    made.check = check_histogram;
    made.read = histogram;
    return made;
}

}  // namespace carrel::siem
