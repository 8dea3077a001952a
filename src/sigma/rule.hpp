#pragma once

#include "sigma/correlation.hpp"
#include "sigma/detection.hpp"
#include "sigma/fault.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel::sigma {

enum class level { informational, low, medium, high, critical };
enum class status { unsupported, deprecated, experimental, test, stable };

/// As rules and alerts write them: `informational`, `low` …; `experimental` …
std::string_view name_of(level of) noexcept;
std::string_view name_of(status of) noexcept;

struct log_source {
    std::optional<std::string> category, product, service, definition;
    bool operator==(const log_source&) const = default;
};

/// A condition over events that must hold, too, for the rules it is applied to.
struct filter {
    bool any = false;                // of the rules with its log source
    std::vector<std::string> rules;  // by their name or id
    detection is;
    bool operator==(const filter&) const = default;
};

/// One Sigma rule. What it leaves out is empty.
struct rule {
    std::string id;  // in lower case
    std::string title, name, description, author, license;
    std::string date, modified;  // YYYY-MM-DD
    std::optional<sigma::level> level;
    std::optional<sigma::status> status;
    std::vector<std::string> references, tags, false_positives, fields;
    log_source source;
    std::vector<std::string> mitre_techniques;  // `T1059.001`, of the tag `attack.t1059.001`
    std::vector<std::string> mitre_tactics;     // `initial-access`, of the tag `attack.initial_access`
    std::variant<detection, correlation, filter> body;
    bool operator==(const rule&) const = default;

    /// `detection`, `correlation` or `filter`.
    std::string_view kind() const noexcept;
};

/// Reads one document. A fault's place is within it; no exception leaves but that of lacking memory.
std::variant<rule, faults> parse_rule(std::string_view document);

/// The version of what `to_json` writes.
inline constexpr int json_format = 1;

/// What a detector evaluates, as compact JSON; equal rules give equal texts.
std::string to_json(const rule& of);

}  // namespace carrel::sigma
