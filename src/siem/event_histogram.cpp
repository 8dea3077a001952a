#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/events.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace carrel::siem {

namespace {

constexpr std::int64_t buckets_max = 250'000;

struct interval {
    std::string_view name;
    timestamp length;
};
constexpr std::array<interval, 3> intervals = {{{"1m", 60'000'000}, {"1h", 3'600'000'000}, {"1d", 86'400'000'000}}};

struct bucket {
    std::int64_t number = 0;  // its start, in intervals
    std::int64_t count = 0;
};

struct histogram_input : input {
    conditions filters;
    std::string sql;
    timestamp length = 0;
    std::optional<timestamp> from, to;
};

timestamp floor_of(timestamp at, timestamp length) { return at >= 0 ? at / length : -((length - 1 - at) / length); }

// The outermost of the times given for a filter: repeating it means OR.
std::optional<timestamp> outermost(const query_pairs& query, std::string_view name, bool earliest) {
    std::optional<timestamp> found;
    for (const auto& [known, text] : query) {
        const auto at = known == name ? parse_time(text) : std::nullopt;
        if (at && (!found || (earliest ? *at < *found : *at > *found))) found = at;
    }
    return found;
}

std::optional<problem> check_histogram(const operation& what, call& request) {
    constexpr std::array<std::string_view, 1> own = {"interval"};
    const resource& of = *what.of;
    std::vector<fault> faults = refuse_parameters(of, request.query, own);
    auto parsed = std::make_unique<histogram_input>();
    const auto asked = parameter(request.query, "interval");
    const auto* known =
        std::find_if(intervals.begin(), intervals.end(), [&](const interval& each) { return each.name == asked; });
    if (known == intervals.end()) faults.push_back({"interval", 0, "must be one of 1m, 1h, 1d"});
    parsed->filters = read_conditions(of, request.query);
    for (fault& wrong : parsed->filters.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));

    parsed->length = known->length;
    parsed->from = outermost(request.query, "from", true);
    parsed->to = outermost(request.query, "to", false);
    parsed->sql = "SELECT timestamp / " + std::to_string(known->length) + ", count(*) FROM events" +
                  parsed->filters.where + " GROUP BY 1 ORDER BY 1";
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<std::vector<bucket>> read_buckets(read_session& session, const histogram_input& asked) {
    auto rows = session.prepare(read_sql::dynamic(asked.sql));
    if (!rows) return rows.error();
    std::vector<bucket> found;
    for (rows->bind_borrowed(asked.filters.values);;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return found;
        found.push_back({rows->integer(0), rows->integer(1)});
    }
}

void write_buckets(const std::vector<bucket>& found, std::int64_t first, std::int64_t last, timestamp length,
                   std::string& body) {
    json::writer out(body);
    out.begin_object().key("items").begin_array();
    auto next = found.begin();
    for (std::int64_t number = first; number <= last; ++number) {
        const bool filled = next != found.end() && next->number == number;
        out.begin_object().key("start").raw("\"");
        append_time(body, number * length);
        body += '"';
        out.key("count").integer(filled ? next->count : 0).end_object();
        if (filled) ++next;
    }
    out.end_array().end_object();
}

result<void> histogram(const operation&, read_session& session, const call& request, reply& into) {
    const auto& asked = static_cast<const histogram_input&>(*request.parsed);
    into.clear();
    auto found = read_buckets(session, asked);
    if (!found) return found.error();
    // Nothing known of one end: no buckets. `to` is not part of what it bounds.
    std::int64_t first = 0, last = -1;
    if (!found->empty() || (asked.from && asked.to)) {
        first = asked.from ? floor_of(*asked.from, asked.length) : found->front().number;
        last = asked.to ? floor_of(*asked.to - 1, asked.length) : found->back().number;
    }
    if (last - first >= buckets_max)
        return refuse(into, problem_of(problem_code::bad_request, "interval",
                                       "is too short: that would be more than 250,000 buckets"));
    write_buckets(*found, first, last, asked.length, into.body);
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
