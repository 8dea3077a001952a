#pragma once

#include "siem/alert_status.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace carrel::siem {

/// Levels of techniques that reports follow upwards. ATT&CK has two.
inline constexpr int technique_levels_max = 8;

/// Rules, each counted once.
struct rule_counts {
    std::int64_t rules = 0, enabled = 0;
    std::array<std::int64_t, severities.size()> by_severity{};
};

struct technique_coverage {
    std::string id, name;
    std::string parent;  // may be empty
    bool is_subtechnique = false, deprecated = false, revoked = false;
    rule_counts own = {};         // rules that name it
    rule_counts with_below = {};  // ... or what is below it
    bool is_active() const noexcept { return !deprecated && !revoked; }
};

struct tactic_coverage {
    std::string id, name, short_name;
    bool deprecated = false, revoked = false;
    std::vector<std::size_t> techniques = {};  // places in `attack_coverage::techniques`, by id
    rule_counts named = {};                    // rules that name it, by its id or its short name
    rule_counts by_technique = {};             // rules that name an active technique of it
};

/// What rules name and ATT&CK does not have.
struct unknown_name {
    std::string name;
    std::int64_t rules = 0;
};

struct attack_matrix {
    std::string id, name;
    std::vector<std::size_t> tactics;  // places in `attack_coverage::tactics`, in the order of the columns
};

/// ATT&CK as far as reports show it, and how many rules name each part of it.
struct attack_coverage {
    std::vector<technique_coverage> techniques;  // by id
    std::vector<tactic_coverage> tactics;        // by id
    std::vector<attack_matrix> matrices;         // by id
    std::vector<unknown_name> unknown_techniques, unknown_tactics;
    rule_counts all_rules, naming_techniques;

    /// Tactics in the order of the matrices, then those that are in none, by id; each once.
    std::vector<std::size_t> tactics_in_order() const;
};

/// Read from indexes of what rules name; a rule's own row is not read.
result<attack_coverage> read_attack_coverage(read_session& session);

}  // namespace carrel::siem
