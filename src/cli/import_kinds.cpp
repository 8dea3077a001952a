#include "cli/import_kinds.hpp"

#include "cli/server_answer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <iostream>

namespace carrel::cli {
namespace {

namespace bj = boost::json;

const bj::array& list_at(const bj::object& from, std::string_view key) {
    static const bj::array none;
    const auto* found = from.if_contains(bj::string_view(key.data(), key.size()));
    return found != nullptr && found->is_array() ? found->get_array() : none;
}
const bj::object& object_at(const bj::object& from, std::string_view key) {
    static const bj::object none;
    const auto* found = from.if_contains(bj::string_view(key.data(), key.size()));
    return found != nullptr && found->is_object() ? found->get_object() : none;
}

void print_counts(const bj::object& of, std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < names.size(); ++i)
        std::cout << (i == 0 ? " " : ", ") << integer_at(of, names[i], 0) << ' ' << names[i];
    std::cout << '\n';
}

// -- rules ---

constexpr std::array<std::string_view, 2> sigma_endings = {".yml", ".yaml"};
constexpr std::array<std::string_view, 4> rule_counts = {"created", "updated", "unchanged", "rejected"};

std::int64_t print_rules(std::string_view file, const bj::object& reply) {
    std::cout << printable(file) << ':';
    print_counts(reply, rule_counts);
    const std::int64_t rejected = integer_at(reply, "rejected", 0);
    const bj::array& errors = list_at(reply, "errors");
    for (const bj::value& each : errors) {
        if (!each.is_object()) continue;
        const bj::object& one = each.get_object();
        std::cout << "  " << printable(text_at(one, "file")) << (text_at(one, "file").empty() ? "line " : " line ")
                  << integer_at(one, "line", 1) << ": " << printable(text_at(one, "detail")) << '\n';
    }
    const auto unlisted = rejected - static_cast<std::int64_t>(errors.size());
    if (unlisted > 0) std::cout << "  and " << unlisted << " more\n";
    return rejected;
}

// -- ATT&CK ---

constexpr std::size_t warnings_shown_max = 5;
constexpr std::array<std::string_view, 4> object_counts = {"created", "updated", "unchanged", "absent"};

std::int64_t print_attack(std::string_view file, const bj::object& reply) {
    for (const auto& [kind, counts] : object_at(reply, "kinds")) {
        if (!counts.is_object()) continue;
        std::cout << printable(file) << ": " << printable(kind) << ':';
        print_counts(counts.get_object(), object_counts);
    }
    const bj::array& absent = list_at(reply, "absent");
    if (!absent.empty()) std::cout << "  not in the bundle any more, but kept:";
    for (const bj::value& each : absent)
        if (each.is_string()) std::cout << ' ' << printable(each.get_string());
    if (!absent.empty()) std::cout << '\n';
    const std::int64_t warnings = integer_at(reply, "warnings_count", 0);
    const bj::array& listed = list_at(reply, "warnings");
    if (warnings > 0) std::cout << "  " << warnings << " warnings:\n";
    for (std::size_t i = 0; i < listed.size() && i < warnings_shown_max; ++i)
        if (const auto* one = listed[i].if_object())
            std::cout << "  " << printable(text_at(*one, "stix_id")) << ' ' << printable(text_at(*one, "detail"))
                      << '\n';
    return 0;
}

// -- indicators ---

constexpr std::array<std::string_view, 5> indicator_counts = {"created", "updated", "unchanged", "repeated",
                                                              "rejected"};

std::int64_t print_indicators(std::string_view file, const bj::object& reply) {
    std::cout << printable(file) << ':';
    print_counts(reply, indicator_counts);
    const std::int64_t rejected = integer_at(reply, "rejected", 0);
    const bj::array& errors = list_at(reply, "errors");
    for (const bj::value& each : errors) {
        if (!each.is_object()) continue;
        const bj::object& one = each.get_object();
        const std::int64_t line = integer_at(one, "line", 0);
        const std::string place = line > 0 ? "line " + std::to_string(line) : printable(text_at(one, "path"));
        std::cout << "  " << place << ": " << printable(text_at(one, "detail")) << '\n';
    }
    const auto unlisted = rejected - static_cast<std::int64_t>(errors.size());
    if (unlisted > 0) std::cout << "  and " << unlisted << " more\n";
    return rejected;
}

constexpr std::array kinds{
    import_kind{"attack",
                "Puts STIX bundles of MITRE ATT&CK into a server or a database.",
                "JSON, packed by gzip or not",
                "/mitre/import",
                {},
                &print_attack},
    import_kind{"iocs",
                "Puts indicators into a server or a database. Exit status 1: an item was refused.",
                "a list, CSV, STIX, MISP or JSON; which, is seen from its beginning",
                "/iocs/import",
                {},
                &print_indicators},
    import_kind{"sigma", "Puts Sigma rules into a server or a database. Exit status 1: a rule was refused.",
                "a YAML text, a tar, a gzip'd tar, a zip, or a directory of .yml and .yaml files", "/rules/import",
                sigma_endings, &print_rules},
};

}  // namespace

std::span<const import_kind> import_kinds() { return kinds; }

std::string printable(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    return line;
}

}  // namespace carrel::cli
