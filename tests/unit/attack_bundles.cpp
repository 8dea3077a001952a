#include "attack/bundle.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace carrel;

namespace {

std::string bundle_of(std::initializer_list<std::string> objects, std::string_view head = R"("type":"bundle")") {
    std::string text = "{" + std::string(head) + R"(,"objects":[)";
    for (const auto& each : objects) text += (text.back() == '[' ? "" : ",\n") + each;
    return text + "]}";
}
std::string object(std::string_view type, std::string_view number, std::string_view id, std::string_view rest = "",
                   std::string_view source = "mitre-attack") {
    const std::string kind(type);
    return R"({"type":")" + kind + R"(","id":")" + kind + "--" + std::string(number) + R"(","name":"n)" +
           std::string(number) + R"(","external_references":[{"source_name":"report","url":"u"},{"source_name":")" +
           std::string(source) + R"(","external_id":")" + std::string(id) + R"(","url":"https://a/)" + std::string(id) +
           "\"}]" + std::string(rest) + "}";
}
std::string technique(std::string_view number, std::string_view id, std::string_view rest = "") {
    return object("attack-pattern", number, id, rest);
}
std::string link(std::string_view number, std::string_view type, std::string_view from, std::string_view to,
                 std::string_view rest = "") {
    return R"({"type":"relationship","id":"relationship--)" + std::string(number) + R"(","relationship_type":")" +
           std::string(type) + R"(","source_ref":")" + std::string(from) + R"(","target_ref":")" + std::string(to) +
           "\"" + std::string(rest) + "}";
}

attack::bundle read(const std::string& text) {
    auto got = attack::read_bundle(text);
    if (const auto* faults = std::get_if<attack::faults>(&got))
        BOOST_FAIL(faults->front().path + ": " + faults->front().detail);
    return std::get<attack::bundle>(std::move(got));
}
// The first fault: path, object, reason.
std::string refusal(const std::string& text, const attack::limits& within = {}) {
    const auto got = attack::read_bundle(text, within);
    const auto* faults = std::get_if<attack::faults>(&got);
    return faults == nullptr ? "none"
                             : faults->front().path + "|" + faults->front().stix_id + "|" + faults->front().detail;
}
std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& each : texts) all += (all.empty() ? "" : ",") + each;
    return all;
}

constexpr std::string_view in_execution =
    R"(,"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"execution"}])";

}  // namespace

BOOST_AUTO_TEST_SUITE(attack_bundles)

BOOST_AUTO_TEST_CASE(a_technique_has_what_the_bundle_says_of_it) {
    const auto all = read(bundle_of(
        {object("x-mitre-tactic", "1", "TA0002",
                R"(,"x_mitre_shortname":"execution","x_mitre_domains":["enterprise-attack"])"),
         technique("1", "T1059",
                   std::string(in_execution) + R"(,"description":"a\n\u00e9","x_mitre_detection":"look","revoked":false,
                   "x_mitre_platforms":["Windows","Linux"],"x_mitre_version":"2.4","created":"2020-01-02T03:04:05.006Z",
                   "modified":"2021-01-02T03:04:05Z","x_mitre_data_sources":["Process: Process Creation"],
                   "x_mitre_deprecated":true)")}));
    BOOST_TEST_REQUIRE(all.techniques.size() == 1);
    const auto& one = all.techniques.front();
    BOOST_TEST(one.id == "T1059");
    BOOST_TEST(one.stix_id == "attack-pattern--1");
    BOOST_TEST(one.name == "n1");
    BOOST_TEST(one.description == "a\n\u00e9");
    BOOST_TEST(one.detection == "look");
    BOOST_TEST(one.url == "https://a/T1059");
    BOOST_TEST(one.version == "2.4");
    BOOST_TEST(siem::format_time(one.created.value()) == "2020-01-02T03:04:05.006000Z");
    BOOST_TEST(siem::format_time(one.modified.value()) == "2021-01-02T03:04:05.000000Z");
    BOOST_TEST(joined(one.platforms) == "Windows,Linux");
    BOOST_TEST(joined(one.data_sources) == "Process: Process Creation");
    BOOST_TEST(joined(one.tactics) == "TA0002");
    BOOST_TEST(joined(one.tactic_names) == "execution");
    BOOST_TEST((one.deprecated && !one.revoked && !one.is_subtechnique));
    BOOST_TEST(all.warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_matrix_orders_the_tactics) {
    const auto all =
        read(bundle_of({object("x-mitre-tactic", "1", "TA0001", R"(,"x_mitre_shortname":"a")"),
                        object("x-mitre-tactic", "2", "TA0002", R"(,"x_mitre_shortname":"b")"),
                        object("x-mitre-matrix", "1", "enterprise-attack",
                               R"(,"tactic_refs":["x-mitre-tactic--2","x-mitre-tactic--9","x-mitre-tactic--1"])")}));
    BOOST_TEST_REQUIRE(all.matrices.size() == 1);
    BOOST_TEST(joined(all.matrices.front().tactics) == "TA0002,TA0001");
    BOOST_TEST_REQUIRE(all.warnings.size() == 1);
    BOOST_TEST(all.warnings.front().stix_id == "x-mitre-matrix--1");
}

BOOST_AUTO_TEST_CASE(domains_have_tactics_of_the_same_name) {
    const auto of_chain = [](std::string_view chain) {
        return R"(,"kill_chain_phases":[{"kill_chain_name":")" + std::string(chain) + R"(","phase_name":"execution"}])";
    };
    const auto all = read(bundle_of(
        {object("x-mitre-tactic", "1", "TA0002",
                R"(,"x_mitre_shortname":"execution","x_mitre_domains":["enterprise-attack"])"),
         object("x-mitre-tactic", "2", "TA0041",
                R"(,"x_mitre_shortname":"execution","x_mitre_domains":["mobile-attack"])"),
         object("x-mitre-tactic", "3", "TA0104", R"(,"x_mitre_shortname":"execution")", "mitre-ics-attack"),
         technique("1", "T0001", of_chain("mitre-attack")), technique("2", "T0002", of_chain("mitre-mobile-attack")),
         technique("3", "T0003", of_chain("mitre-ics-attack")), technique("4", "T0004", of_chain("mitre-other")),
         technique("5", "T0005", of_chain("lockheed"))}));
    std::vector<std::string> tactics;
    for (const auto& each : all.techniques) tactics.push_back(joined(each.tactics));
    BOOST_TEST(joined(tactics) == "TA0002,TA0041,TA0104,,");
    BOOST_TEST_REQUIRE(all.warnings.size() == 1);
    BOOST_TEST(all.warnings.front().stix_id == "attack-pattern--4");
}

BOOST_AUTO_TEST_CASE(parents_come_from_relationships_or_else_from_the_id) {
    const auto all = read(bundle_of({technique("1", "T1001"), technique("2", "T1002"), technique("3", "T1002.001"),
                                     technique("4", "T1002.002"), technique("5", "T1009.001"),
                                     technique("6", "T1003", R"(,"x_mitre_is_subtechnique":true)"),
                                     link("1", "subtechnique-of", "attack-pattern--3", "attack-pattern--1")}));
    std::string parents;
    for (const auto& each : all.techniques)
        parents += each.id + "<" + each.parent + (each.is_subtechnique ? "! " : " ");
    BOOST_TEST(parents == "T1001< T1002< T1002.001<T1001! T1002.002<T1002! T1003<! T1009.001<T1009! ");
    BOOST_TEST(all.warnings.size() == 2);  // T1009 is absent; T1003 has none
}

BOOST_AUTO_TEST_CASE(what_is_revoked_is_kept_with_its_successor) {
    const auto all = read(bundle_of(
        {technique("1", "T1086", R"(,"revoked":true)"), technique("2", "T1059.001"), technique("3", "T1059"),
         link("1", "revoked-by", "attack-pattern--1", "attack-pattern--2"),
         link("2", "revoked-by", "malware--1", "malware--2"),
         link("3", "revoked-by", "attack-pattern--3", "attack-pattern--1", R"(,"x_mitre_deprecated":true)")}));
    BOOST_TEST(all.techniques.back().id == "T1086");
    BOOST_TEST(all.techniques.back().revoked);
    BOOST_TEST(all.techniques.back().revoked_by == "T1059.001");
    BOOST_TEST(all.techniques.front().revoked_by == "");
    BOOST_TEST(all.warnings.empty());
}

BOOST_AUTO_TEST_CASE(data_components_tell_what_sources_show_a_technique) {
    const auto all = read(bundle_of(
        {object("x-mitre-data-source", "1", "DS0009",
                R"(,"x_mitre_collection_layers":["Host"],"x_mitre_platforms":["Linux"])"),
         R"({"type":"x-mitre-data-component","id":"x-mitre-data-component--1","name":"Creation","x_mitre_data_source_ref":"x-mitre-data-source--1"})",
         technique("1", "T1059"), link("1", "detects", "x-mitre-data-component--1", "attack-pattern--1"),
         link("2", "detects", "x-mitre-data-component--7", "attack-pattern--1")}));
    BOOST_TEST(joined(all.techniques.front().data_source_ids) == "DS0009");
    BOOST_TEST(joined(all.techniques.front().data_sources) == "n1: Creation");
    BOOST_TEST(all.data_components.front().data_source == "DS0009");
    BOOST_TEST(joined(all.data_sources.front().collection_layers) == "Host");
    BOOST_TEST_REQUIRE(all.warnings.size() == 1);
    BOOST_TEST(all.warnings.front().detail.find("x-mitre-data-component--7") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(detection_strategies_stand_for_the_text_of_older_bundles) {
    const auto all = read(bundle_of(
        {R"({"type":"x-mitre-data-component","id":"x-mitre-data-component--1","name":"Creation"})",
         R"({"type":"x-mitre-analytic","id":"x-mitre-analytic--1","name":"A","description":"one","x_mitre_log_source_references":[{"name":"sysmon","x_mitre_data_component_ref":"x-mitre-data-component--1"}]})",
         R"({"type":"x-mitre-analytic","id":"x-mitre-analytic--2","name":"B","description":"two"})",
         object("x-mitre-detection-strategy", "1", "DET0001",
                R"(,"x_mitre_analytic_refs":["x-mitre-analytic--1","x-mitre-analytic--2"])"),
         technique("1", "T1059"), link("1", "detects", "x-mitre-detection-strategy--1", "attack-pattern--1")}));
    BOOST_TEST(all.techniques.front().detection == "one\n\ntwo");
    BOOST_TEST(joined(all.techniques.front().detection_strategies) == "DET0001");
    BOOST_TEST(joined(all.techniques.front().data_sources) == "Creation");
}

BOOST_AUTO_TEST_CASE(other_objects_are_counted) {
    const auto all = read(bundle_of({R"({"type":"malware","id":"malware--1","name":7})", R"({"type":"malware"})",
                                     link("1", "uses", "malware--1", "attack-pattern--1")},
                                    R"("spec_version":"2.0","type":"bundle")"));
    BOOST_TEST(all.objects.at("malware") == 2u);
    BOOST_TEST(all.objects.at("relationship") == 1u);
    BOOST_TEST(all.warnings.empty());
    BOOST_TEST(all.spec_version == "2.0");
    BOOST_TEST(read(bundle_of({R"({"type":"x","spec_version":"2.1"})"})).spec_version == "2.1");
    BOOST_TEST(read(R"( {"type":"bundle"} )").objects.empty());
}

BOOST_AUTO_TEST_CASE(an_object_without_an_id_of_attack_is_skipped) {
    const auto all = read(
        bundle_of({R"({"type":"attack-pattern","id":"attack-pattern--1","name":"a"})", technique("2", "CAPEC-1"),
                   technique("3", "T1059"), link("1", "subtechnique-of", "attack-pattern--3", "attack-pattern--1")}));
    BOOST_TEST(all.techniques.size() == 1);
    BOOST_TEST_REQUIRE(all.warnings.size() == 3);
    BOOST_TEST(all.warnings[0].stix_id == "attack-pattern--1");
    BOOST_TEST(all.warnings[1].stix_id == "attack-pattern--2");
    BOOST_TEST(all.warnings[2].stix_id == "relationship--1");
}

BOOST_AUTO_TEST_CASE(bad_bundles_are_refused_with_the_object_at_fault) {
    const std::string one = technique("1", "T1059");
    BOOST_TEST(refusal("") == "||not JSON at line 1, column 1");
    BOOST_TEST(refusal("{\n \"type\" 7}") == "||not JSON at line 2, column 9");
    BOOST_TEST(refusal("{} {}") == "||something follows the JSON at line 1, column 4");
    BOOST_TEST(refusal("{\"a\":\"\xff\"}") == "||not UTF-8 at line 1, column 7");
    BOOST_TEST(refusal(std::string(100'000, '[')).starts_with("||nested too deep at"));
    BOOST_TEST(refusal("[]") == "bundle||must be an object");
    BOOST_TEST(refusal("{}") == "bundle.type||must be `bundle`");
    BOOST_TEST(refusal(R"({"type":"bundle","objects":{}})") == "bundle.objects||must be a list");
    BOOST_TEST(refusal(R"({"type":"bundle","type":"bundle"})") == "bundle.type||comes twice");
    BOOST_TEST(refusal(bundle_of({}, R"("type":"bundle","spec_version":"1.2")")) ==
               "bundle.spec_version||must be 2.0 or 2.1");
    BOOST_TEST(refusal(bundle_of({"7"})) == "objects[0]||must be an object");
    BOOST_TEST(refusal(bundle_of({"{}"})) == "objects[0].type||must be a string");
    BOOST_TEST(refusal(bundle_of({one, one})) == "objects[1].id|attack-pattern--1|another object has the id, too");
    BOOST_TEST(refusal(bundle_of({one, technique("2", "T1059")})) ==
               "objects|attack-pattern--2|another object is T1059, too");
    BOOST_TEST(refusal(bundle_of({R"({"type":"attack-pattern","id":"malware--1"})"})) ==
               "objects[0].id|malware--1|must be `attack-pattern--` and a UUID");
    BOOST_TEST(refusal(bundle_of({technique("1", "T1059", R"(,"description":7)")})) ==
               "objects[0].description|attack-pattern--1|must be a string");
    BOOST_TEST(refusal(bundle_of({technique("1", "T1059", R"(,"revoked":"no")")})) ==
               "objects[0].revoked|attack-pattern--1|must be true or false");
    BOOST_TEST(refusal(bundle_of({technique("1", "T1059", R"(,"created":"tomorrow")")})) ==
               "objects[0].created|attack-pattern--1|must be a time as RFC 3339 writes it");
    BOOST_TEST(refusal(bundle_of({technique("1", "T1059", R"(,"x_mitre_platforms":["a",1])")})) ==
               "objects[0].x_mitre_platforms[1]|attack-pattern--1|must be a string");
    BOOST_TEST(refusal(bundle_of({technique("1", "T1059", R"(,"kill_chain_phases":[{"phase_name":"x"}])")})) ==
               "objects[0].kill_chain_phases[0].kill_chain_name|attack-pattern--1|is missing");
    BOOST_TEST(refusal(bundle_of({R"({"type":"x-mitre-tactic","id":"x-mitre-tactic--1","name":""})"})) ==
               "objects[0].name|x-mitre-tactic--1|must not be empty");
    BOOST_TEST(
        refusal(bundle_of(
            {R"({"type":"relationship","id":"relationship--1","relationship_type":"detects","source_ref":"a--b"})"})) ==
        "objects[0].target_ref|relationship--1|is missing");
}

BOOST_AUTO_TEST_CASE(parents_and_successors_must_not_go_in_circles) {
    const std::string a = technique("1", "T1001"), b = technique("2", "T1002"), c = technique("3", "T1003");
    const auto down = [](std::string_view type) { return link("1", type, "attack-pattern--1", "attack-pattern--2"); };
    const auto back = [](std::string_view type) { return link("2", type, "attack-pattern--2", "attack-pattern--1"); };
    BOOST_TEST(refusal(bundle_of({a, b, c, down("subtechnique-of"), back("subtechnique-of")})) ==
               "objects|attack-pattern--1|parent goes in a circle: T1001 > T1002 > T1001");
    BOOST_TEST(refusal(bundle_of({a, b, down("revoked-by"), back("revoked-by")})) ==
               "objects|attack-pattern--1|revoked-by goes in a circle: T1001 > T1002 > T1001");
    BOOST_TEST(refusal(bundle_of({a, link("1", "subtechnique-of", "attack-pattern--1", "attack-pattern--1")})) ==
               "objects|attack-pattern--1|parent goes in a circle: T1001 > T1001");
    BOOST_TEST(refusal(bundle_of({a, b, c, down("subtechnique-of"),
                                  link("2", "subtechnique-of", "attack-pattern--2", "attack-pattern--3")})) == "none");
}

BOOST_AUTO_TEST_CASE(a_bundle_is_bounded) {
    const std::string a = technique("1", "T1001"), b = technique("2", "T1002");
    attack::limits within;
    within.objects_max = 1;
    BOOST_TEST(refusal(bundle_of({a, b}), within) == "objects||has more than 1 objects");
    within = {};
    within.entries_max = 1;
    BOOST_TEST(refusal(bundle_of({a, b}), within) ==
               "objects[1].id|attack-pattern--2|the bundle has more than 1 objects of ATT&CK");
    within = {};
    within.bytes_max = 10;
    BOOST_TEST(refusal(bundle_of({a, b}), within) == "||the bundle has more than 10 bytes");
    within = {};
    within.text_max = 20;
    BOOST_TEST(refusal(bundle_of({technique("1", "T1001", R"(,"description":"123456789012345678901")")}), within) ==
               "objects[0].description|attack-pattern--1|has more than 20 bytes");
    within = {};
    within.items_max = 2;
    BOOST_TEST(refusal(bundle_of({technique("1", "T1001", R"(,"x_mitre_platforms":["a","b","c"])")}), within) ==
               "objects[0].x_mitre_platforms|attack-pattern--1|has more than 2 items");
    within = {};
    within.warnings_max = 1;
    const auto got = attack::read_bundle(bundle_of({technique("1", "x"), technique("2", "y")}), within);
    BOOST_TEST(std::get<attack::bundle>(got).warnings.size() == 1);
    BOOST_TEST(std::get<attack::bundle>(got).warnings_left_out == 1);
    within.faults_max = 2;
    BOOST_TEST(std::get<attack::faults>(attack::read_bundle(bundle_of({"1", "2", "3"}), within)).size() == 2);
}

BOOST_AUTO_TEST_CASE(references_cannot_multiply_what_a_bundle_holds) {
    const std::string many(60'000, 'x');
    std::vector<std::string> objects{
        R"({"type":"x-mitre-analytic","id":"x-mitre-analytic--1","description":")" + many + "\"}",
        object("x-mitre-detection-strategy", "1", "DET0001", R"(,"x_mitre_analytic_refs":["x-mitre-analytic--1"])")};
    for (int i = 0; i < 2'000; ++i) {
        const auto number = std::to_string(1000 + i);
        objects.push_back(technique(number, "T" + number));
        objects.push_back(link(number, "detects", "x-mitre-detection-strategy--1", "attack-pattern--" + number));
    }
    std::string text = R"({"type":"bundle","objects":[)" + objects.front();
    for (std::size_t i = 1; i < objects.size(); ++i) text += "," + objects[i];
    BOOST_TEST(refusal(text + "]}") == "objects||the objects refer to each other too often");
}

BOOST_AUTO_TEST_CASE(ids_have_a_grammar) {
    for (const auto* id : {"T1059", "T1059.001"}) BOOST_TEST(attack::is_technique_id(id));
    for (const auto* id :
         {"", "T", "T105", "T10590", "T1059.", "T1059.01", "T1059.0011", "t1059", "T1059-001", "TA0001", "T105a"})
        BOOST_TEST(!attack::is_technique_id(id));
    BOOST_TEST((attack::is_tactic_id("TA0001") && !attack::is_tactic_id("TA001") && !attack::is_tactic_id("T0001")));
    BOOST_TEST((attack::is_data_source_id("DS0009") && !attack::is_data_source_id("DC0009")));
}

BOOST_AUTO_TEST_SUITE_END()
