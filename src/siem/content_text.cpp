#include "siem/content_text.hpp"

#include "query/expression.hpp"
#include "resource/checked_apart.hpp"
#include "resource/row_query.hpp"

namespace carrel::siem {

void add_faults(std::string_view field, const sigma::faults& wrong, std::vector<fault>& into) {
    for (const sigma::fault& each : wrong)
        into.push_back(
            {std::string(field), static_cast<std::int64_t>(each.line),
             each.detail + " (line " + std::to_string(each.line) + ", column " + std::to_string(each.column) + ")"});
}

void check_query(std::string_view field, std::string_view text, std::vector<fault>& into) {
    const auto read = query::parse(text);
    if (const auto* wrong = std::get_if<query::syntax_error>(&read)) into.push_back(fault_of(field, *wrong));
}

void check_documents_apart(std::vector<operation>& all) {
    for (operation& each : all)
        if (each.body == body_kind::json || each.body == body_kind::merge_patch)
            each = checked_apart(std::move(each), {"sigma_yaml", "condition"});
}

bool is_given_up(std::string_view field, std::vector<fault>& into) {
    if (!is_check_given_up()) return false;
    into.push_back({std::string(field), 0, "was not looked at"});
    return true;
}

}  // namespace carrel::siem
