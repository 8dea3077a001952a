#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/cases/case_links.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/text_blanks.hpp"

#include <algorithm>

// How an investigation ends: closed with a verdict, or deleted.
namespace carrel::siem {

namespace {

constexpr std::int64_t summary_min = 10;

struct closure : input {
    given_members given;
};

enum place : std::size_t { verdict, category, summary, assets, feedback };

const std::vector<field>& closure_fields() {
    using enum field_kind;
    static const std::vector<field> all = {
        {.name = "verdict", .kind = enumeration, .required = true, .values = verdicts},
        {.name = "resolution_category", .required = true, .min = 1, .max = 100},
        {.name = "summary",
         .required = true,
         .min = summary_min,
         .max = 5000,
         .summary = "White space around it does not count."},
        {.name = "affected_assets", .kind = text_list, .max = 200, .item_max = 200},
        {.name = "ml_feedback", .kind = integer, .min = 1, .max = 5, .summary = "How well a model did, 1 to 5."},
    };
    return all;
}

std::string_view trimmed_text(const given_members& given, place which) {
    return without_blanks(std::get<std::string>(*given[which]));
}

std::optional<problem> check_closure(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<closure>();
    std::optional<problem> refused;
    if (!read_input(closure_fields(), request, parsed->given, refused)) return refused;
    std::vector<fault> faults;
    if (trimmed_text(parsed->given, category).empty())
        faults.push_back({"resolution_category", 0, "must not be blank"});
    // Bytes are at least as many as characters, so a short text of long characters is counted as what it is.
    field rules = closure_fields()[summary];
    value ignored;
    const std::string text(trimmed_text(parsed->given, summary));
    if (auto wrong = read_field(rules, boost::json::value(boost::json::string_view(text.data(), text.size())), ignored))
        faults.push_back(std::move(*wrong));
    if (!faults.empty()) return refuse_body(request, problem_of(problem_code::invalid, std::move(faults)));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> close(const operation&, write_session& session, const call& request, reply& into) {
    const given_members& given = static_cast<const closure&>(*request.parsed).given;
    into.clear();
    auto before = load(investigations(), session, request, into);
    if (!before) return before.error();
    const investigation_fields& at = investigation_at();
    record after = *before;
    // Nothing is closed before it was opened, whatever the clock says.
    after.values[at.closed_at] = std::max(request.now, before->integer(investigations().position("created_at")));
    after.values[at.verdict] = *given[verdict];
    after.values[at.resolution_category] = std::string(trimmed_text(given, category));
    after.values[at.summary] = std::string(trimmed_text(given, summary));
    if (given[assets]) after.values[at.affected_assets] = *given[assets];
    if (given[feedback]) after.values[at.ml_feedback] = *given[feedback];
    return move(investigations(), investigation_machine(), session, request, *before,
                static_cast<std::int64_t>(investigation_status::closed), std::move(after), {}, into);
}

result<void> remove_investigation(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto found = load(investigations(), session, request, into);
    if (!found) return found.error();
    if (auto done = unlink_all_alerts(session, request, *found); !done) return done;
    into.kind = outcome::no_content;
    return drop(investigations(), session, *found, into);
}

}  // namespace

operation close_investigation_operation() {
    operation made = make_operation(investigations(), method::post, "/{id}/close", "close_investigation",
                                    "Closes an investigation that is resolved or a false positive.");
    made.body = body_kind::json;
    made.fields = document(closure_fields(), false);
    made.check = check_closure;
    made.write = close;
    return made;
}

operation delete_investigation_operation() {
    operation made = make_operation(investigations(), method::del, "/{id}", "delete_investigation",
                                    "Deletes an investigation with its notes and its trail; its alerts stay.");
    made.needs = access::requirement::all_of(
        access::permission_set::of({permission::write_investigations, permission::admin_system}));
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = remove_investigation;
    return made;
}

}  // namespace carrel::siem
