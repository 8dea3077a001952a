#include "resource/problems.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "carrel.siem"; }
    std::string message(int) const override { return "the operation was refused"; }
};

}  // namespace

error_code make_error_code(siem_errc e) noexcept {
    static const category instance;
    return {static_cast<int>(e), instance};
}

error refuse(reply& into, problem why) {
    error reason(make_error_code(siem_errc::refused), why.detail);
    into.refused = std::move(why);
    return reason;
}

reply::reply() = default;
reply::reply(reply&&) noexcept = default;
reply& reply::operator=(reply&&) noexcept = default;
reply::~reply() = default;

void reply::clear() {
    rest.reset();
    kind = outcome::ok;
    body.clear();
    version = 0;
    location.clear();
    media_type = {};
    file_name.clear();
    cookie.clear();
    retry_after = 0;
    length.reset();
    content_range.clear();
    refused.reset();
    extra.clear();
    nothing_before.reset();
}

std::string quotation::operator()(std::string_view text) const {
    if (text.empty()) return "\"\"";  // a name, though there is nothing to see of it
    std::size_t end = 0;
    for (std::size_t i = 0; i < quoted_max && end < text.size(); ++i)
        end += std::max<std::size_t>(json::first_code_point(text.substr(end)).size, 1);
    return std::string(text.substr(0, end)) + (end < text.size() ? "…" : "");
}

problem problem_of(problem_code code, std::vector<fault> faults, std::size_t uncounted) {
    const std::size_t all = faults.size() + uncounted;
    if (faults.size() > faults_max) faults.resize(faults_max);
    problem why{code, {}, std::move(faults)};
    const fault& first = why.faults.front();
    if (first.field.empty() && first.line == 0) {
        // The whole is at fault, no part of it.
        why.detail = first.detail;
        why.faults.clear();
        return why;
    }
    why.detail = first.field.empty() ? first.detail : "`" + first.field + "` " + first.detail;
    if (all > 1) why.detail += " (and " + std::to_string(all - 1) + " more)";
    return why;
}

problem problem_of(problem_code code, std::string field, std::string detail) {
    return problem_of(code, {fault{std::move(field), 0, std::move(detail)}});
}

problem not_found(std::string_view what, std::string_view id) {
    std::string noun(what);
    std::replace(noun.begin(), noun.end(), '_', ' ');
    return {problem_code::not_found, noun + " `" + std::string(id) + "` does not exist", {}};
}

}  // namespace carrel::siem
