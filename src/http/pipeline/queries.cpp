#include "http/pipeline/queries.hpp"

#include "base/time.hpp"
#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/protocol/text.hpp"
#include "json/writer.hpp"
#include "resource/audit.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"

#include <carrel/cost.hpp>
#include <carrel/queries.hpp>

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace carrel::http {

namespace {

double seconds(std::chrono::nanoseconds time) noexcept { return std::chrono::duration<double>(time).count(); }
std::int64_t number(std::uint64_t count) noexcept { return static_cast<std::int64_t>(count); }

std::optional<siem::fault> read_plan(std::string_view text, bool& wants_plans) {
    wants_plans = text == "true";
    if (wants_plans || text == "false") return std::nullopt;
    return siem::fault{"plan", 0, "must be true or false"};
}

void write(json::writer& json, const running_query& one, const std::string* plan) {
    json.begin_object().key("id").string(std::to_string(one.id)).key("lane").string(name_of(one.lane));
    json.key("statement").string(one.statement);
    json.key("running_seconds").real(seconds(one.running)).key("wait_seconds").real(seconds(one.waited));
    json.key("rows").integer(number(one.rows));
    for (const auto& [name, label] : one.origin) json.key(name).string(label);
    json.key("cancelled").boolean(one.is_cancelled);
    if (plan != nullptr) json.key("plan").string(*plan);
    json.end_object();
}

std::vector<siem::fault> read_running(const exchange& ex, bool& wants_plans) {
    auto faults = siem::refuse_repeats(ex.request.call.query);
    for (const auto& [name, text] : ex.request.call.query)
        if (name != "plan") faults.push_back({siem::quoted(name), 0, "is an unknown parameter"});
        else if (auto wrong = read_plan(text, wants_plans)) faults.push_back(*std::move(wrong));
    return faults;
}

// -- top ---

struct order {
    std::string_view name;
    double (*of)(const query_stats&);
};
double mean_of(const query_stats& one) {
    return one.calls == 0 ? 0.0 : seconds(one.total) / static_cast<double>(one.calls);
}
constexpr std::array<order, 8> orders{{
    {"total_seconds", [](const query_stats& one) { return seconds(one.total); }},
    {"mean_seconds", mean_of},
    {"max_seconds", [](const query_stats& one) { return seconds(one.longest); }},
    {"wait_seconds", [](const query_stats& one) { return seconds(one.waited); }},
    {"calls", [](const query_stats& one) { return static_cast<double>(one.calls); }},
    {"rows", [](const query_stats& one) { return static_cast<double>(one.rows); }},
    {"failures", [](const query_stats& one) { return static_cast<double>(one.failures); }},
    {"last_seen", [](const query_stats& one) { return seconds(one.last_seen.time_since_epoch()); }},
}};

struct top_request {
    const order* by = orders.data();
    std::int64_t limit = 20;
    bool wants_plans = false;
};

constexpr std::int64_t top_limit_max = 1'000;

std::vector<siem::fault> read_top(const exchange& ex, top_request& into) {
    const auto& query = ex.request.call.query;
    auto faults = siem::refuse_repeats(query);
    for (const auto& [name, text] : query) {
        if (name == "limit") {
            if (auto wrong = siem::read_number(query, name, top_limit_max, into.limit)) faults.push_back(*wrong);
        } else if (name == "plan") {
            if (auto wrong = read_plan(text, into.wants_plans)) faults.push_back(*std::move(wrong));
        } else if (name == "sort") {
            const auto found =
                std::find_if(orders.begin(), orders.end(), [&by = text](const order& each) { return each.name == by; });
            if (found != orders.end()) into.by = &*found;
            else
                faults.push_back({name, 0,
                                  "must be one of total_seconds, mean_seconds, max_seconds, wait_seconds, "
                                  "calls, rows, failures and last_seen"});
        } else {
            faults.push_back({siem::quoted(name), 0, "is an unknown parameter"});
        }
    }
    return faults;
}

std::vector<query_stats> top_of(std::vector<query_stats> all, const top_request& wanted) {
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
        const auto x = wanted.by->of(a), y = wanted.by->of(b);
        return x != y ? x > y : a.key < b.key;
    });
    if (all.size() > static_cast<std::size_t>(wanted.limit)) all.resize(static_cast<std::size_t>(wanted.limit));
    return all;
}

void write(json::writer& json, const query_stats& one, const std::string* plan) {
    json.begin_object().key("statement").string(one.statement);
    json.key("calls").integer(number(one.calls));
    json.key("total_seconds").real(seconds(one.total)).key("mean_seconds").real(mean_of(one));
    json.key("max_seconds").real(seconds(one.longest)).key("rows").integer(number(one.rows));
    json.key("wait_seconds").real(seconds(one.waited)).key("failures").integer(number(one.failures));
    const auto seen = std::chrono::duration_cast<std::chrono::microseconds>(one.last_seen.time_since_epoch());
    json.key("last_seen").string(siem::written_time(seen.count()));
    if (plan != nullptr) json.key("plan").string(*plan);
    json.end_object();
}

// -- the response, with plans or without ---

template <class Query>
void answer(exchange& ex, const std::vector<Query>& all, const std::vector<std::string>* plans) {
    ex.response.reply.clear();
    json::writer json(ex.response.reply.body);
    json.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i < all.size(); ++i) write(json, all[i], plans != nullptr ? &(*plans)[i] : nullptr);
    json.end_array().end_object();
    ex.answer(200, content::json);
}

result<std::string> plan_of(read_session& session, const query_stats& one) { return explain_query(session, one.key); }
result<std::string> plan_of(read_session& session, const running_query& one) {
    return explain_query(session, one.statement);
}

template <class Query>
struct plans_work {
    std::shared_ptr<const std::vector<Query>> of;

    result<std::vector<std::string>> operator()(read_session& session) const {
        if (auto allowed = expect_long(session, 0); !allowed) return allowed.error();
        std::vector<std::string> plans;
        for (const auto& each : *of) {
            if (auto on = session.check_interrupt(); !on) return on.error();
            // One of another version of the schema may have none any more.
            auto plan = plan_of(session, each);
            plans.push_back(plan ? *std::move(plan) : std::string());
        }
        return plans;
    }
};

template <class Query>
void start_plans(exchange& ex, std::vector<Query> found) {
    const auto of = std::make_shared<const std::vector<Query>>(std::move(found));
    ex.busy = true;
    auto done = [&ex, of](const result<std::vector<std::string>>& plans) {
        if (plans) answer(ex, *of, &*plans);
        else ex.refuse(plans.error(), session_kind::read);
        ex.finish();
    };
    const job_options settings = ex.job_settings();
    ex.context->store().async_read(plans_work<Query>{of}, settings, as_result(job_handler(ex, std::move(done))));
}

// -- cancellation ---

void answer_cancelled(exchange& ex, const running_query& ended) {
    ex.response.reply.clear();
    json::writer json(ex.response.reply.body);
    json.begin_object().key("id").string(std::to_string(ended.id)).key("lane").string(name_of(ended.lane));
    json.key("ends").string(ended.lane == query_lane::writer ? "before_its_next_statement" : "at_once");
    json.end_object();
    ex.answer(200, content::json);
}

siem::audit_entry entry_of(const exchange& ex, const running_query& ended) {
    siem::audit_entry entry;
    entry.at = ex.request.call.now;
    entry.principal = ex.request.call.principal;
    entry.action = ex.request.endpoint->id;
    entry.target = "/queries/running/" + std::to_string(ended.id);
    entry.address = ex.request.client_address.text();
    entry.request_id = ex.request.id;
    entry.detail.clear();
    json::writer json(entry.detail);
    json.begin_object().key("lane").string(name_of(ended.lane)).key("statement").string(ended.statement);
    for (const auto& [name, label] : ended.origin) json.key(name).string(label);
    json.end_object();
    return entry;
}

// It is done before it is written down, since the writer may be what it is to free. The entry is written whether or not the
// client stays to hear of it.
void start_entry(exchange& ex, running_query ended) {
    ex.busy = true;
    auto work = [entry = entry_of(ex, ended)](write_session& session) { return siem::append_audit(session, entry); };
    auto done = [&ex, ended = std::move(ended)](const result<committed<void>>& outcome) {
        note_outcome(ex, outcome);
        if (!outcome)
            ex.context->log(log_level::error, "request " + ex.request.id + ": " + ex.request.call.principal +
                                                  " cancelled query " + std::to_string(ended.id) +
                                                  ", which the audit log does not say: " + outcome.error().message());
        answer_cancelled(ex, ended);
        ex.finish();
    };
    job_options settings = ex.job_settings();
    settings.deadline.reset();
    ex.context->store().async_write(std::move(work), settings,
                                    as_result(boost::asio::bind_executor(ex.context->executor(), std::move(done))));
}

}  // namespace

void start_running_queries(exchange& ex) {
    bool wants_plans = false;
    if (auto faults = read_running(ex, wants_plans); !faults.empty())
        return ex.refuse(siem::problem_of(siem::problem_code::bad_request, std::move(faults)));
    auto all = ex.context->store().running_queries();
    if (wants_plans) start_plans(ex, std::move(all));
    else answer(ex, all, nullptr);
}

void start_top_queries(exchange& ex) {
    top_request wanted;
    if (auto faults = read_top(ex, wanted); !faults.empty())
        return ex.refuse(siem::problem_of(siem::problem_code::bad_request, std::move(faults)));
    auto top = top_of(ex.context->store().queries(), wanted);
    if (wanted.wants_plans) start_plans(ex, std::move(top));
    else answer(ex, top, nullptr);
}

void start_query_cancellation(exchange& ex) {
    const auto id = parse_digits(ex.request.call.path[0]);
    auto all = ex.context->store().running_queries();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return id && each.id == *id; });
    if (found == all.end() || !ex.context->store().cancel_query(*id))
        return ex.refuse(refusal::not_found, "No query with this id is running: it has ended, or never was.");
    start_entry(ex, std::move(*found));
}

}  // namespace carrel::http
