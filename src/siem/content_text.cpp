#include "siem/content_text.hpp"

#include "query/expression.hpp"
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

}  // namespace carrel::siem
