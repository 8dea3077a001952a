#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

// Bundles of ATT&CK in the least text.
namespace carrel::testing {

inline std::string stix_bundle(std::initializer_list<std::string> objects) {
    std::string text = R"({"type":"bundle","id":"bundle--1","spec_version":"2.0","objects":[)";
    for (const auto& each : objects) text += (text.back() == '[' ? "" : ",\n") + each;
    return text + "]}";
}
/// `rest` follows the members that all objects have: `,"revoked":true`.
inline std::string stix_object(std::string_view type, std::string_view id, std::string_view rest = "") {
    const std::string kind(type), key(id);
    return R"({"type":")" + kind + R"(","id":")" + kind + "--" + key + R"(","name":"n of )" + key +
           R"(","external_references":[{"source_name":"mitre-attack","external_id":")" + key + R"("}])" +
           std::string(rest) + "}";
}
inline std::string stix_link(std::string_view type, std::string_view from, std::string_view to) {
    const std::string kind(type), source(from), target(to);
    return R"({"type":"relationship","id":"relationship--)" + kind + source + target + R"(","relationship_type":")" +
           kind + R"(","source_ref":")" + source + R"(","target_ref":")" + target + "\"}";
}
inline std::string stix_tactic(std::string_view id, std::string_view short_name, std::string_view rest = "") {
    return stix_object("x-mitre-tactic", id,
                       R"(,"x_mitre_shortname":")" + std::string(short_name) + "\"" + std::string(rest));
}
/// Older bundles give a component no id of ATT&CK.
inline std::string stix_component(std::string_view number, std::string_view source) {
    const std::string key(number);
    return R"({"type":"x-mitre-data-component","id":"x-mitre-data-component--)" + key + R"(","name":"n of )" + key +
           R"(","x_mitre_data_source_ref":"x-mitre-data-source--)" + std::string(source) + "\"}";
}
/// A technique in one tactic.
inline std::string stix_technique(std::string_view id, std::string_view tactic, std::string_view rest = "") {
    return stix_object("attack-pattern", id,
                       R"(,"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":")" +
                           std::string(tactic) + "\"}]" + std::string(rest));
}
inline std::string stix_parent(std::string_view below, std::string_view above) {
    return stix_link("subtechnique-of", "attack-pattern--" + std::string(below),
                     "attack-pattern--" + std::string(above));
}
inline std::string stix_matrix(std::string_view id, std::initializer_list<std::string_view> tactics) {
    std::string list;
    for (const auto each : tactics)
        list += (list.empty() ? "" : ",") + ("\"x-mitre-tactic--" + std::string(each) + "\"");
    return stix_object("x-mitre-matrix", id, ",\"tactic_refs\":[" + list + "]");
}

}  // namespace carrel::testing
