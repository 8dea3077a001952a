#include "siem/functions.hpp"

#include "json/top_level.hpp"
#include "query/fold.hpp"
#include "resource/row_query.hpp"
#include "siem/alerts.hpp"

#include <array>

namespace carrel::siem {

namespace {

using arguments = std::span<const std::string_view>;
using answer = std::optional<std::string_view>;

answer holds(arguments given, std::string& scratch) {
    if (!json::holds_string(given[0], given[1], scratch)) return std::nullopt;
    return "1";
}

answer folded(arguments given, std::string& scratch) {
    scratch.clear();
    query::append_folded(scratch, given[0]);
    return scratch;
}

answer alerts_answer(arguments given, std::string&) {
    if (!row_query::call(alerts(), given)) return std::nullopt;
    return "1";
}

}  // namespace

std::span<const text_function> functions() {
    static constexpr std::array all{text_function{.name = "carrel_holds", .arguments = 2, .call = holds},
                                    text_function{.name = "carrel_folded", .arguments = 1, .call = folded},
                                    text_function{.name = "alerts_answer", .arguments = -1, .call = alerts_answer}};
    return all;
}

}  // namespace carrel::siem
