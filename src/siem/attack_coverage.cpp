#include "siem/attack_coverage.hpp"

#include "resource/references.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace carrel::siem {

namespace {

using row_list = std::vector<std::int64_t>;  // numbers of rules

struct rule_row {
    std::int64_t seq = 0, enabled = 0, severity = 0;
};
struct named_row {
    std::string item;
    std::int64_t row = 0;
};
struct technique_row {
    std::int64_t seq = 0;
    std::string id, name;
    std::int64_t is_subtechnique = 0;
    std::optional<std::string> parent;
    std::int64_t deprecated = 0, revoked = 0;
};
struct tactic_row {
    std::string id, name, short_name;
    std::int64_t deprecated = 0, revoked = 0;
};
struct matrix_row {
    std::string id, name, tactics;
};

// Rules by what they name.
struct named_rules {
    std::unordered_map<std::string, row_list> by_name;
    std::unordered_map<std::string_view, bool> used;

    const row_list* find(const std::string& name) {
        const auto found = by_name.find(name);
        if (found == by_name.end()) return nullptr;
        used[found->first] = true;
        return &found->second;
    }
    std::vector<unknown_name> unknown() const {
        std::vector<unknown_name> all;
        for (const auto& [name, rows] : by_name)
            if (!used.contains(name)) all.push_back({name, static_cast<std::int64_t>(rows.size())});
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        return all;
    }
};

void append(row_list& into, const row_list* more) {
    if (more != nullptr) into.insert(into.end(), more->begin(), more->end());
}

class coverage_reader {
public:
    explicit coverage_reader(read_session& session)
        : session_(session) {}

    result<attack_coverage> run() {
        for (auto step :
             {&coverage_reader::read_rules, &coverage_reader::read_techniques, &coverage_reader::read_tactics,
              &coverage_reader::read_matrices, &coverage_reader::read_places})
            if (auto done = (this->*step)(); !done) return done.error();
        cover_techniques();
        cover_tactics();
        made_.unknown_techniques = techniques_named_.unknown();
        made_.unknown_tactics = tactics_named_.unknown();
        return std::move(made_);
    }

private:
    result<void> read_rules() {
        auto rows = session_.all<rule_row>("SELECT seq, enabled, severity FROM rules INDEXED BY rules_in_reports");
        if (!rows) return rows.error();
        rules_ = std::move(*rows);
        std::sort(rules_.begin(), rules_.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
        for (const rule_row& each : rules_) add(each, made_.all_rules);
        if (auto done = read_named("SELECT item, row FROM rules_techniques ORDER BY item, row", techniques_named_);
            !done)
            return done;
        return read_named("SELECT item, row FROM rules_tactics ORDER BY item, row", tactics_named_);
    }
    result<void> read_named(read_sql sql, named_rules& into) {
        row_list* last = nullptr;
        std::string name;
        return session_.each<named_row>(sql, [&](const named_row& each) {
            if (last == nullptr || name != each.item) last = &into.by_name[name = each.item];
            last->push_back(each.row);
        });
    }
    result<void> read_techniques() {
        return session_.each<technique_row>(
            "SELECT seq, id, name, is_subtechnique, parent, deprecated, revoked FROM mitre_techniques "
            "INDEXED BY mitre_techniques_in_reports ORDER BY id",
            [&](const technique_row& each) {
                place_of_[each.seq] = made_.techniques.size();
                made_.techniques.push_back({.id = each.id,
                                            .name = each.name,
                                            .parent = each.parent.value_or(""),
                                            .is_subtechnique = each.is_subtechnique != 0,
                                            .deprecated = each.deprecated != 0,
                                            .revoked = each.revoked != 0});
            });
    }
    result<void> read_tactics() {
        return session_.each<tactic_row>(
            "SELECT id, name, short_name, deprecated, revoked FROM mitre_tactics ORDER BY id",
            [&](const tactic_row& each) {
                tactic_places_[each.id] = made_.tactics.size();
                made_.tactics.push_back({.id = each.id,
                                         .name = each.name,
                                         .short_name = each.short_name,
                                         .deprecated = each.deprecated != 0,
                                         .revoked = each.revoked != 0});
            });
    }
    result<void> read_matrices() {
        return session_.each<matrix_row>("SELECT id, name, tactics FROM mitre_matrices ORDER BY id",
                                         [&](const matrix_row& each) {
                                             attack_matrix one{each.id, each.name, {}};
                                             for (const std::string& id : items_of(each.tactics))
                                                 one.tactics.push_back(tactic_places_.at(id));
                                             made_.matrices.push_back(std::move(one));
                                         });
    }
    // Which techniques a tactic has.
    result<void> read_places() {
        auto done = session_.each<named_row>(
            "SELECT item, row FROM mitre_technique_tactics ORDER BY item, row", [&](const named_row& each) {
                made_.tactics[tactic_places_.at(each.item)].techniques.push_back(place_of_.at(each.row));
            });
        for (tactic_coverage& each : made_.tactics) std::sort(each.techniques.begin(), each.techniques.end());
        return done;
    }

    void cover_techniques() {
        std::unordered_map<std::string_view, std::size_t> places;
        for (std::size_t i = 0; i < made_.techniques.size(); ++i) places[made_.techniques[i].id] = i;
        std::vector<row_list> with_below(made_.techniques.size());
        row_list naming;
        for (technique_coverage& each : made_.techniques) {
            const row_list* rows = techniques_named_.find(each.id);
            if (rows == nullptr) continue;
            each.own = counts_of(*rows);
            append(naming, rows);
            auto at = places.find(each.id);
            for (int level = 0; level < technique_levels_max && at != places.end(); ++level) {
                append(with_below[at->second], rows);
                at = places.find(made_.techniques[at->second].parent);
            }
        }
        for (std::size_t i = 0; i < with_below.size(); ++i)
            made_.techniques[i].with_below = counts_of(std::move(with_below[i]));
        made_.naming_techniques = counts_of(std::move(naming));
    }
    void cover_tactics() {
        for (tactic_coverage& each : made_.tactics) {
            row_list named, by_technique;
            append(named, tactics_named_.find(each.id));
            append(named, tactics_named_.find(each.short_name));
            each.named = counts_of(std::move(named));
            for (const std::size_t place : each.techniques)
                if (made_.techniques[place].is_active())
                    append(by_technique, techniques_named_.find(made_.techniques[place].id));
            each.by_technique = counts_of(std::move(by_technique));
        }
    }

    rule_counts counts_of(row_list rows) const {
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        rule_counts counts;
        for (const std::int64_t row : rows) {
            const auto rule = std::lower_bound(rules_.begin(), rules_.end(), row,
                                               [](const rule_row& a, std::int64_t seq) { return a.seq < seq; });
            if (rule != rules_.end() && rule->seq == row) add(*rule, counts);
        }
        return counts;
    }
    static void add(const rule_row& rule, rule_counts& into) {
        ++into.rules;
        into.enabled += rule.enabled;
        ++into.by_severity.at(static_cast<std::size_t>(rule.severity));
    }

    read_session& session_;
    attack_coverage made_;
    std::vector<rule_row> rules_;  // by number
    named_rules techniques_named_, tactics_named_;
    std::unordered_map<std::int64_t, std::size_t> place_of_;      // of techniques, by row
    std::unordered_map<std::string, std::size_t> tactic_places_;  // by id
};

}  // namespace

std::vector<std::size_t> attack_coverage::tactics_in_order() const {
    std::vector<std::size_t> order;
    std::vector<bool> placed(tactics.size());
    const auto place = [&](std::size_t at) {
        if (placed[at]) return;
        placed[at] = true;
        order.push_back(at);
    };
    for (const attack_matrix& each : matrices)
        for (const std::size_t at : each.tactics) place(at);
    for (std::size_t at = 0; at < tactics.size(); ++at) place(at);
    return order;
}

result<attack_coverage> read_attack_coverage(read_session& session) { return coverage_reader(session).run(); }

}  // namespace carrel::siem
