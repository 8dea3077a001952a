#include "attack/objects.hpp"

#include <algorithm>

namespace carrel::attack {

namespace {

// Older bundles name the domain in the source; newer ones have one name for all.
constexpr std::string_view reference_sources[] = {"mitre-attack", "mitre-mobile-attack", "mitre-ics-attack",
                                                  "mitre-pre-attack"};

struct reference {
    std::string source, id, url;
};

// The reference to ATT&CK itself, among those to reports.
reference own_reference(const members& object) {
    for (const auto& each : object.objects("external_references")) {
        auto source = each.text("source_name");
        if (std::find(std::begin(reference_sources), std::end(reference_sources), source) ==
            std::end(reference_sources))
            continue;
        if (each.has("external_id")) return {std::move(source), each.text("external_id"), each.text("url")};
    }
    return {};
}

void read_entry(const members& object, const reference& own, entry& into) {
    into.id = own.id;
    into.url = own.url;
    into.stix_id = object.text("id");
    into.name = object.required_text("name");
    into.description = object.text("description");
    into.version = object.text("x_mitre_version");
    into.created = object.time("created");
    into.modified = object.time("modified");
    into.revoked = object.flag("revoked");
    into.deprecated = object.flag("x_mitre_deprecated");
}

template <class Entry>
Entry entry_of(const members& object) {
    Entry made;
    read_entry(object, own_reference(object), made);
    return made;
}

}  // namespace

read_matrix matrix_of(const members& object) {
    auto made = entry_of<read_matrix>(object);
    made.columns = object.texts("tactic_refs");
    return made;
}

tactic tactic_of(const members& object) {
    tactic made;
    const auto own = own_reference(object);
    read_entry(object, own, made);
    made.short_name = object.required_text("x_mitre_shortname");
    for (const auto& domain : object.texts("x_mitre_domains"))
        made.kill_chains.push_back(domain == "enterprise-attack" ? "mitre-attack" : "mitre-" + domain);
    if (made.kill_chains.empty() && !own.source.empty()) made.kill_chains.push_back(own.source);
    return made;
}

read_technique technique_of(const members& object) {
    auto made = entry_of<read_technique>(object);
    for (const auto& phase : object.objects("kill_chain_phases")) {
        auto chain = phase.required_text("kill_chain_name");
        auto name = phase.required_text("phase_name");
        if (chain.starts_with("mitre-")) made.phases.emplace_back(std::move(chain), std::move(name));
    }
    made.is_subtechnique = object.flag("x_mitre_is_subtechnique") || made.id.find('.') != std::string::npos;
    made.detection = object.text("x_mitre_detection");
    made.platforms = object.texts("x_mitre_platforms");
    made.data_sources = object.texts("x_mitre_data_sources");
    return made;
}

data_source data_source_of(const members& object) {
    auto made = entry_of<data_source>(object);
    made.platforms = object.texts("x_mitre_platforms");
    made.collection_layers = object.texts("x_mitre_collection_layers");
    return made;
}

read_component component_of(const members& object) {
    auto made = entry_of<read_component>(object);
    made.source = object.text("x_mitre_data_source_ref");
    return made;
}

detection_strategy strategy_of(const members& object) {
    return {own_reference(object).id, object.text("id"), object.texts("x_mitre_analytic_refs")};
}

analytic analytic_of(const members& object) {
    analytic made{object.text("id"), object.text("description"), {}};
    for (const auto& log : object.objects("x_mitre_log_source_references"))
        if (log.has("x_mitre_data_component_ref")) made.components.push_back(log.text("x_mitre_data_component_ref"));
    return made;
}

}  // namespace carrel::attack
