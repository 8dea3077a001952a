#include "sigma/regex_check.hpp"

#include "sigma/limits.hpp"

#include <re2/re2.h>

namespace carrel::sigma {

std::string with_flags(const regular_expression& expression) {
    std::string flags;
    if (expression.ignore_case) flags += 'i';
    if (expression.multi_line) flags += 'm';
    if (expression.dot_all) flags += 's';
    return flags.empty() ? expression.pattern : "(?" + flags + ")" + expression.pattern;
}

std::optional<std::string> regex_check::refuse(const regular_expression& expression) {
    if (expression.pattern.size() > regex_max)
        return "regular expression longer than " + std::to_string(regex_max) + " bytes";
    if (++count_ > regex_count_max) return "more than " + std::to_string(regex_count_max) + " regular expressions";
    // What is not compiled costs nothing: a rule may hold a thousand of them.
    constexpr const char* too_much = "regular expressions too large together";
    if (program_ > regex_program_max) return too_much;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(regex_memory_max);
    const re2::RE2 compiled(with_flags(expression), options);
    switch (compiled.error_code()) {
        case re2::RE2::NoError: break;
        case re2::RE2::ErrorPatternTooLarge:
            program_ += regex_program_max / 4;  // it cost as much as the largest that is not
            return "regular expression too large once it is compiled";
        case re2::RE2::ErrorBadPerlOp:
        case re2::RE2::ErrorBadEscape:
            return "regular expression: " + compiled.error() + " (lookaround and back references are not supported)";
        default: return "regular expression: " + compiled.error();
    }
    program_ += static_cast<std::size_t>(compiled.ProgramSize());
    if (program_ > regex_program_max) return too_much;
    return std::nullopt;
}

}  // namespace carrel::sigma
