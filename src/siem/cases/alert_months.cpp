#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/alert_counts.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/alert_links.hpp"

#include <algorithm>

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

std::int64_t month_before(std::int64_t month) { return month % 100 == 1 ? month - 89 : month - 1; }

std::string name_of(std::int64_t month) {
    std::string digits = std::to_string(month);
    digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
    return digits.insert(4, "-");
}

result<void> by_month(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    std::vector<std::int64_t> months{month_of(request.now)};
    while (std::ssize(months) < static_cast<const months_input&>(*request.parsed).count)
        months.push_back(month_before(months.back()));
    auto last = alert_text().last_indexed(session);
    if (!last) return last.error();
    auto counts = read_month_counts(session, months.back(), *last);
    if (!counts) return counts.error();
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    std::for_each(months.rbegin(), months.rend(), [&](std::int64_t month) {
        out.begin_object().key("month").string(name_of(month)).key("count").integer((*counts)[month]).end_object();
    });
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
