#include "resource/links.hpp"
#include "siem/aggregates.hpp"
#include "siem/attack.hpp"
#include "siem/rules.hpp"

#include <iterator>

namespace carrel::siem {

namespace {

// What belongs to an object, by the tables whose foreign keys say so.
std::vector<operation> nested_lists() {
    const resource &techniques = attack_techniques(), &tactics = attack_tactics(), &sources = attack_data_sources();
    std::vector<operation> all;
    all.push_back(linked_list(techniques, techniques, "/mitre/techniques/{id}/subtechniques", "parent = ?",
                              "list_subtechniques"));
    all.push_back(linked_list(tactics, techniques, "/mitre/techniques/{id}/tactics",
                              "id IN (SELECT p.item FROM mitre_technique_tactics p JOIN mitre_techniques t ON t.seq = "
                              "p.row WHERE t.id = ?)",
                              "list_technique_tactics"));
    all.push_back(linked_list(sources, techniques, "/mitre/techniques/{id}/data-sources",
                              "id IN (SELECT p.item FROM mitre_technique_data_sources p JOIN mitre_techniques t ON "
                              "t.seq = p.row WHERE t.id = ?)",
                              "list_technique_data_sources"));
    all.push_back(linked_list(rules(), techniques, "/mitre/techniques/{id}/rules",
                              "seq IN (SELECT row FROM rules_techniques WHERE item = ?)", "list_technique_rules"));
    all.push_back(linked_list(techniques, tactics, "/mitre/tactics/{id}/techniques",
                              "seq IN (SELECT row FROM mitre_technique_tactics WHERE item = ?)",
                              "list_tactic_techniques"));
    all.push_back(linked_list(attack_data_components(), sources, "/mitre/data-sources/{id}/components",
                              "data_source_id = ?", "list_data_source_components"));
    return all;
}

}  // namespace

std::vector<operation> attack_operations() {
    std::vector<operation> all;
    const auto take = [&](std::vector<operation> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    for (const resource* each : attack_resources()) take(common_operations(*each));
    take(nested_lists());
    take(attack_report_operations());
    all.push_back(attack_import_operation());
    return all;
}

std::vector<const resource*> attack_resources() {
    return {&attack_tactics(), &attack_techniques(), &attack_data_sources(), &attack_data_components(),
            &attack_matrices()};
}

}  // namespace carrel::siem
