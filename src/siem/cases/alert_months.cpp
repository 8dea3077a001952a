#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/alert_links.hpp"
#include "siem/console/alert_days.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace carrel::siem {

namespace {

constexpr std::int64_t months_default = 12, months_max = 120;

struct months_input : input {
    std::int64_t count = months_default;
};

std::optional<problem> check_months(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<months_input>();
    std::vector<fault> faults = refuse_repeats(request.query);
    if (auto wrong = read_number(request.query, "months", months_max, parsed->count))
        faults.push_back(std::move(*wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

using month = std::chrono::year_month;

std::chrono::sys_days day_of(std::int64_t days) { return std::chrono::sys_days(std::chrono::days(days)); }

month month_of(std::chrono::sys_days day) {
    const std::chrono::year_month_day date(day);
    return date.year() / date.month();
}

std::string name_of(month of) {
    std::string digits = std::to_string(static_cast<int>(of.year()) * 100 + static_cast<int>(unsigned{of.month()}));
    digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
    return digits.insert(4, "-");
}

result<void> by_month(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    const auto wanted = static_cast<const months_input&>(*request.parsed).count;
    const std::int64_t today = request.now / (std::int64_t{24} * 3600 * 1'000'000);
    month first = month_of(day_of(today)) - std::chrono::months(wanted - 1);
    auto last = alert_text().last_indexed(session);
    if (!last) return last.error();
    const std::chrono::sys_days from = first / 1;
    auto days = read_alert_days(session, *last, from.time_since_epoch().count());
    if (!days) return days.error();
    std::map<month, std::int64_t> counts;
    for (const auto& [day, count] : *days) counts[month_of(day_of(day))] += count;
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (std::int64_t i = 0; i < wanted; ++i, first += std::chrono::months(1))
        out.begin_object().key("month").string(name_of(first)).key("count").integer(counts[first]).end_object();
    out.end_array().end_object();
    return {};
}

}  // namespace

operation alert_months_operation() {
    operation made = make_operation(alerts(), method::get, "/stats/monthly", "get_alert_counts_by_month",
                                    "Counts alerts by the month in which they were created, oldest first.");
    made.is_about_version = false;
    made.parameters = {{"months", R"({"type":"integer","minimum":1,"maximum":120,"default":12})", false,
                        "How many, up to this month; those without alerts are there, too."}};
    made.reply_schema =
        R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
        R"("required":["month","count"],"properties":{"month":{"type":"string"},"count":{"type":"integer"}}}}}})";
    made.check = check_months;
    made.read = by_month;
    return made;
}

}  // namespace carrel::siem
