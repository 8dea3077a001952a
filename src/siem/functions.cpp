#include "siem/functions.hpp"

#include "json/top_level.hpp"
#include "query/fold.hpp"
#include "resource/row_query.hpp"
#include "siem/mapping_text.hpp"
#include "siem/resources.hpp"

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

// Its first argument is the resource's table.
answer answers(arguments given, std::string&) {
    if (given.empty()) return std::nullopt;
    thread_local const resource* of = nullptr;
    if (of == nullptr || of->table != given[0]) of = resource_of(given[0]);
    if (of == nullptr || !row_query::call(*of, given.subspan(1))) return std::nullopt;
    return "1";
}

answer builtin(arguments, std::string& scratch) {
    scratch = builtin_mappings_text();
    return scratch;
}

}  // namespace

std::span<const text_function> functions() {
    static constexpr std::array all{text_function{.name = "carrel_holds", .arguments = 2, .call = holds},
                                    text_function{.name = "carrel_folded", .arguments = 1, .call = folded},
                                    text_function{.name = "carrel_answers", .arguments = -1, .call = answers},
                                    text_function{.name = "carrel_builtin_mappings", .arguments = 0, .call = builtin}};
    return all;
}

}  // namespace carrel::siem
