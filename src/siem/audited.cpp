// Which operations are audited.
#include "siem/audit_log.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

// Whatever changes these says how the server works: what it does by itself, whom it asks, how it reads events.
constexpr std::array<std::string_view, 8> configuration = {"/actions",  "/feeds", "/ioc-feeds", "/field-mappings",
                                                           "/settings", "/users", "/roles",     "/system"};
// Beside what `is_audited` finds by itself. The histories and versions of rules say the rest.
constexpr std::array<std::string_view, 4> others = {"import_rules", "change_rule_lifecycle", "import_attack",
                                                    "import_iocs"};

bool is_below(std::string_view path, std::string_view base) noexcept {
    return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

// Rows without an end, a file: what leaves the server as a whole.
bool is_export(const operation& of) noexcept {
    return of.has_rows || !of.reply_type.empty() || of.path.find("/export") != of.path.npos;
}

bool is_audited(const operation& of) noexcept {
    if (!of.is_write()) return is_export(of);
    if (of.method == method::del || of.path.ends_with("/bulk")) return true;
    const auto named = [&](std::string_view id) { return of.id == id; };
    const auto holds = [&](std::string_view base) { return is_below(of.path, base); };
    return std::any_of(others.begin(), others.end(), named) ||
           std::any_of(configuration.begin(), configuration.end(), holds);
}

}  // namespace

void mark_audited(std::vector<operation>& all) {
    for (operation& each : all) each.is_audited = each.is_audited || is_audited(each);
}

}  // namespace carrel::siem
