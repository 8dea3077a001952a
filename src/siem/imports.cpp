#include "siem/imports.hpp"

#include "resource/problems.hpp"
#include "resource/resource.hpp"

namespace carrel::siem {

std::optional<problem> check_import(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<import_input>();
    for (const auto& [name, text] : request.query) {
        if (text != "true" && text != "false")
            return problem_of(problem_code::bad_request, name, "must be true or false");
        parsed->dry_run = text == "true";
    }
    if (request.file.empty()) return problem_of(problem_code::invalid, "", "the body is empty");
    request.parsed = std::move(parsed);
    return std::nullopt;
}

field_doc dry_run_parameter() {
    return {"dry_run", R"({"type":"boolean","default":false})", false, "Tells what would happen; nothing is stored."};
}

}  // namespace carrel::siem
