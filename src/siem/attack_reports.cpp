#include "json/writer.hpp"
#include "siem/attack.hpp"
#include "siem/attack_coverage.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace carrel::siem {

namespace {

// -- GET /mitre/matrix ---

class matrix_writer {
public:
    matrix_writer(const attack_coverage& all, json::writer& out)
        : all_(all),
          out_(out) {
        for (std::size_t i = 0; i < all.techniques.size(); ++i) places_[all.techniques[i].id] = i;
    }

    void write() {
        std::vector<bool> placed(all_.tactics.size());
        out_.begin_object().key("matrices").begin_array();
        for (const attack_matrix& each : all_.matrices) {
            out_.begin_object().key("id").string(each.id).key("name").string(each.name).key("tactics").begin_array();
            for (const std::size_t at : each.tactics) {
                placed[at] = true;
                write_tactic(all_.tactics[at]);
            }
            out_.end_array().end_object();
        }
        out_.end_array().key("tactics_in_no_matrix").begin_array();
        for (std::size_t at = 0; at < placed.size(); ++at)
            if (!placed[at]) write_tactic(all_.tactics[at]);
        out_.end_array().end_object();
    }

private:
    void write_tactic(const tactic_coverage& of) {
        out_.begin_object().key("id").string(of.id).key("name").string(of.name);
        out_.key("short_name").string(of.short_name).key("techniques").begin_array();
        for (const auto& [top, below] : column_of(of)) write_technique(top, below);
        out_.end_array().end_object();
    }
    void write_technique(std::size_t top, const std::vector<std::size_t>& below) {
        begin_technique(top);
        out_.key("subtechniques").begin_array();
        for (const std::size_t each : below) {
            begin_technique(each);
            out_.end_object();
        }
        out_.end_array().end_object();
    }
    void begin_technique(std::size_t at) {
        out_.begin_object().key("id").string(all_.techniques[at].id).key("name").string(all_.techniques[at].name);
    }

    // The techniques that stand in a column themselves, each with those below it.
    std::map<std::size_t, std::vector<std::size_t>> column_of(const tactic_coverage& of) const {
        std::map<std::size_t, std::vector<std::size_t>> column;
        for (const std::size_t at : of.techniques) {
            if (!all_.techniques[at].is_active()) continue;
            const std::size_t top = top_of(of, at);
            if (top == at) column[at];
            else column[top].push_back(at);
        }
        return column;
    }
    // The highest technique above one that is in the column, too.
    std::size_t top_of(const tactic_coverage& of, std::size_t at) const {
        for (int level = 0; level < technique_levels_max; ++level) {
            const auto parent = places_.find(all_.techniques[at].parent);
            if (parent == places_.end() || !all_.techniques[parent->second].is_active()) break;
            if (!std::binary_search(of.techniques.begin(), of.techniques.end(), parent->second)) break;
            at = parent->second;
        }
        return at;
    }

    const attack_coverage& all_;
    json::writer& out_;
    std::map<std::string_view, std::size_t> places_;
};

// -- GET /mitre/coverage ---

void write_counts(json::writer& out, const rule_counts& of) {
    out.key("rules").integer(of.rules).key("enabled_rules").integer(of.enabled);
}
void write_severities(json::writer& out, const rule_counts& of) {
    out.key("by_severity").begin_object();
    for (std::size_t i = severities.size(); i-- > 0;) out.key(severities[i]).integer(of.by_severity[i]);
    out.end_object();
}

// How many active techniques, or sub-techniques, some rule covers.
struct covered_counts {
    std::int64_t all = 0, covered = 0, enabled = 0, with_below = 0;

    void add(const technique_coverage& one) {
        ++all;
        covered += one.own.rules > 0 ? 1 : 0;
        enabled += one.own.enabled > 0 ? 1 : 0;
        with_below += one.with_below.rules > 0 ? 1 : 0;
    }
    void write(json::writer& out) const {
        out.begin_object().key("total").integer(all).key("covered").integer(covered);
        out.key("covered_by_enabled").integer(enabled).key("covered_with_subtechniques").integer(with_below);
        out.key("uncovered").integer(all - covered).key("percent");
        // Tenths of a percent, so that a reply does not show the digits of a division.
        const std::int64_t tenths = all == 0 ? 0 : (covered * 1000 + all / 2) / all;
        out.raw(std::to_string(tenths / 10) + "." + std::to_string(tenths % 10)).end_object();
    }
};

covered_counts covered_of(const attack_coverage& all, const tactic_coverage& of) {
    covered_counts counts;
    for (const std::size_t at : of.techniques)
        if (all.techniques[at].is_active()) counts.add(all.techniques[at]);
    return counts;
}

void write_technique(json::writer& out, const technique_coverage& one) {
    out.begin_object().key("id").string(one.id).key("name").string(one.name).key("parent");
    if (one.parent.empty()) out.null();
    else out.string(one.parent);
    out.key("is_subtechnique").boolean(one.is_subtechnique).key("deprecated").boolean(one.deprecated);
    out.key("revoked").boolean(one.revoked);
    write_counts(out, one.own);
    write_severities(out, one.own);
    write_counts(out.key("with_subtechniques").begin_object(), one.with_below);
    out.end_object().end_object();
}

void write_tactic(json::writer& out, const attack_coverage& all, const tactic_coverage& one) {
    out.begin_object().key("id").string(one.id).key("name").string(one.name).key("short_name").string(one.short_name);
    write_counts(out, one.named);
    write_severities(out, one.named);
    write_counts(out.key("by_technique").begin_object(), one.by_technique);
    out.end_object();
    covered_of(all, one).write(out.key("techniques"));
    out.end_object();
}

void write_unknown(json::writer& out, std::string_view name, const std::vector<unknown_name>& all) {
    constexpr std::size_t listed_max = 1000;
    out.key(name).begin_array();
    for (std::size_t i = 0; i < all.size() && i < listed_max; ++i)
        out.begin_object().key("name").string(all[i].name).key("rules").integer(all[i].rules).end_object();
    out.end_array().key(std::string(name) + "_count").integer(static_cast<std::int64_t>(all.size()));
}

void write_rules(json::writer& out, const attack_coverage& all) {
    write_counts(out.key("rules").begin_object().key("all").begin_object(), all.all_rules);
    write_counts(out.end_object().key("naming_techniques").begin_object(), all.naming_techniques);
    out.end_object().end_object();
}

void write_coverage(json::writer& out, const attack_coverage& all) {
    out.begin_object();
    write_rules(out, all);
    out.key("tactics").begin_array();
    for (const std::size_t at : all.tactics_in_order()) write_tactic(out, all, all.tactics[at]);
    out.end_array().key("techniques").begin_array();
    // What is not in use any more only matters if rules still name it.
    for (const technique_coverage& each : all.techniques)
        if (each.is_active() || each.own.rules > 0) write_technique(out, each);
    out.end_array();
    write_unknown(out, "unknown_techniques", all.unknown_techniques);
    write_unknown(out, "unknown_tactics", all.unknown_tactics);
    out.end_object();
}

// -- GET /mitre/statistics ---

result<void> write_sizes(json::writer& out, read_session& session) {
    out.key("objects").begin_object();
    for (const resource* of : {&attack_matrices(), &attack_tactics(), &attack_techniques(), &attack_data_sources(),
                               &attack_data_components()}) {
        const std::string table(of->table);
        out.key(noun_of(*of)).begin_object();
        for (const auto& [name, where] :
             {std::pair{"total", "true"}, {"deprecated", "deprecated = 1"}, {"revoked", "revoked = 1"}}) {
            auto count = session.first_integer(read_sql::dynamic("SELECT count(*) FROM " + table + " WHERE " + where));
            if (!count) return count.error();
            out.key(name).integer(count->value_or(0));
        }
        out.end_object();
    }
    out.end_object();
    return {};
}

result<void> write_statistics(json::writer& out, read_session& session, const attack_coverage& all) {
    out.begin_object();
    if (auto done = write_sizes(out, session); !done) return done;
    write_rules(out, all);
    covered_counts techniques, subtechniques;
    for (const technique_coverage& each : all.techniques)
        if (each.is_active()) (each.is_subtechnique ? subtechniques : techniques).add(each);
    techniques.write(out.key("techniques"));
    subtechniques.write(out.key("subtechniques"));
    out.key("by_tactic").begin_array();
    for (const std::size_t at : all.tactics_in_order()) write_tactic(out, all, all.tactics[at]);
    out.end_array().end_object();
    return {};
}

// -- the operations ---

using write_report = result<void> (*)(json::writer&, read_session&, const attack_coverage&);

operation report(std::string_view path, std::string id, std::string summary, std::string schema, write_report write) {
    operation made;
    made.path = "/mitre/" + std::string(path);
    made.id = std::move(id);
    made.summary = std::move(summary);
    made.reply_schema = std::move(schema);
    made.of = &attack_techniques();
    made.is_about_version = false;
    made.check = check_address;
    made.read = [write](const operation&, read_session& session, const call&, reply& into) -> result<void> {
        into.clear();
        auto all = read_attack_coverage(session);
        if (!all) return all.error();
        json::writer out(into.body);
        return write(out, session, *all);
    };
    return made;
}

std::string object_schema(std::string_view members) {
    return R"({"type":"object","properties":{)" + std::string(members) + "}}";
}
std::string list_schema(std::string_view name, const std::string& item) {
    return "\"" + std::string(name) + R"(":{"type":"array","items":)" + item + "}";
}
constexpr std::string_view id_and_name = R"("id":{"type":"string"},"name":{"type":"string"})";
constexpr std::string_view counts = R"("rules":{"type":"integer"},"enabled_rules":{"type":"integer"})";

std::string matrix_schema() {
    const std::string below =
        object_schema(std::string(id_and_name) + R"(,"subtechniques":{"type":"array","items":{"type":"object"}})");
    const std::string tactic = object_schema(std::string(id_and_name) + R"(,"short_name":{"type":"string"},)" +
                                             list_schema("techniques", below));
    return object_schema(
        list_schema("matrices", object_schema(std::string(id_and_name) + "," + list_schema("tactics", tactic))) + "," +
        list_schema("tactics_in_no_matrix", tactic));
}

std::string covered_schema() {
    return R"({"type":"object","required":["total","covered","uncovered","percent"],"properties":{)"
           R"("total":{"type":"integer"},"covered":{"type":"integer"},"covered_by_enabled":{"type":"integer"},)"
           R"("covered_with_subtechniques":{"type":"integer"},"uncovered":{"type":"integer"},"percent":{"type":"number"}}})";
}
std::string severity_schema() { return R"("by_severity":{"type":"object","additionalProperties":{"type":"integer"}})"; }
std::string rules_schema() {
    return R"("rules":)" +
           object_schema(R"("all":)" + object_schema(counts) + R"(,"naming_techniques":)" + object_schema(counts));
}
std::string tactic_schema() {
    return object_schema(std::string(id_and_name) + R"(,"short_name":{"type":"string"},)" + std::string(counts) + "," +
                         severity_schema() + R"(,"by_technique":)" + object_schema(counts) + R"(,"techniques":)" +
                         covered_schema());
}

std::string coverage_schema() {
    const std::string technique = object_schema(
        std::string(id_and_name) +
        R"(,"parent":{"type":["string","null"]},"is_subtechnique":{"type":"boolean"},"deprecated":{"type":"boolean"},)"
        R"("revoked":{"type":"boolean"},)" +
        std::string(counts) + "," + severity_schema() + R"(,"with_subtechniques":)" + object_schema(counts));
    const std::string unknown = object_schema(R"("name":{"type":"string"},"rules":{"type":"integer"})");
    return object_schema(rules_schema() + "," + list_schema("tactics", tactic_schema()) + "," +
                         list_schema("techniques", technique) + "," + list_schema("unknown_techniques", unknown) +
                         R"(,"unknown_techniques_count":{"type":"integer"},)" +
                         list_schema("unknown_tactics", unknown) + R"(,"unknown_tactics_count":{"type":"integer"})");
}

std::string statistics_schema() {
    return object_schema(R"("objects":{"type":"object"},)" + rules_schema() + R"(,"techniques":)" + covered_schema() +
                         R"(,"subtechniques":)" + covered_schema() + "," + list_schema("by_tactic", tactic_schema()));
}

}  // namespace

std::vector<operation> attack_report_operations() {
    std::vector<operation> all;
    all.push_back(report("matrix", "get_attack_matrix_view",
                         "Shows tactics in the order of their matrix with their techniques.", matrix_schema(),
                         [](json::writer& out, read_session&, const attack_coverage& of) -> result<void> {
                             matrix_writer(of, out).write();
                             return {};
                         }));
    all.push_back(report("coverage", "get_attack_coverage", "Counts the rules that name each tactic and technique.",
                         coverage_schema(),
                         [](json::writer& out, read_session&, const attack_coverage& of) -> result<void> {
                             write_coverage(out, of);
                             return {};
                         }));
    all.push_back(report("statistics", "get_attack_statistics",
                         "Counts the objects of ATT&CK, and what of it rules cover.", statistics_schema(),
                         write_statistics));
    return all;
}

}  // namespace carrel::siem
