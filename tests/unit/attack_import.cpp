#include "support/domain.hpp"
#include "support/gzipped.hpp"
#include "support/stix.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;
using siem::problem_code;

namespace {

// `created updated unchanged absent` of a kind.
std::string counts(const answer& got, const std::string& kind) {
    BOOST_REQUIRE_MESSAGE(!got.refused, got.refused->detail);
    std::string all;
    for (const char* each : {"created", "updated", "unchanged", "absent"})
        all += (all.empty() ? "" : " ") + std::to_string(got.at("/kinds/" + kind + "/" + each).as_int64());
    return all;
}
answer import(domain& d, std::string_view file, const domain::query& how = {}) {
    return d.post_file("/mitre/import", file, how);
}
std::string reason(const answer& got) { return got.refused ? got.refused->detail : ""; }
std::int64_t stored(domain& d) {
    return d.count("SELECT (SELECT count(*) FROM mitre_tactics) + (SELECT count(*) FROM mitre_techniques)");
}
answer technique(domain& d, const std::string& id) { return d.get("/mitre/techniques/" + id); }

std::string small_bundle(std::string_view rest = "") {
    return stix_bundle({stix_tactic("TA0005", "stealth"), stix_tactic("TA0002", "execution"),
                        stix_matrix("enterprise-attack", {"TA0005", "TA0002"}),
                        stix_technique("T1059", "execution", rest), stix_technique("T1059.001", "execution"),
                        stix_parent("T1059.001", "T1059"), stix_object("x-mitre-data-source", "DS0009"),
                        stix_component("1", "DS0009"),
                        stix_link("detects", "x-mitre-data-component--1", "attack-pattern--T1059")});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attack_import)

BOOST_AUTO_TEST_CASE(a_bundle_becomes_records_that_name_each_other) {
    domain d;
    const auto got = import(d, small_bundle());
    BOOST_TEST(counts(got, "tactics") == "2 0 0 0");
    BOOST_TEST(counts(got, "techniques") == "2 0 0 0");
    BOOST_TEST(counts(got, "data_sources") == "1 0 0 0");
    BOOST_TEST(counts(got, "data_components") == "1 0 0 0");
    BOOST_TEST(counts(got, "matrices") == "1 0 0 0");
    BOOST_TEST(got.text("/domain") == "enterprise-attack");
    BOOST_TEST(got.at("/objects/relationship").as_int64() == 2);
    const auto one = technique(d, "T1059");
    BOOST_TEST(one.text("/tactics/0") == "TA0002");
    BOOST_TEST(one.text("/data_source_ids/0") == "DS0009");
    BOOST_TEST(one.text("/stix_id") == "attack-pattern--T1059");
    BOOST_TEST(one.text("/domain") == "enterprise-attack");
    BOOST_TEST(technique(d, "T1059.001").text("/parent") == "T1059");
    BOOST_TEST(d.get("/mitre/matrices/enterprise-attack").text("/tactics/0") == "TA0005");
    BOOST_TEST(d.get("/mitre/data-components/x-mitre-data-component--1").text("/data_source") == "DS0009");
}

BOOST_AUTO_TEST_CASE(the_same_again_changes_nothing) {
    domain d;
    import(d, small_bundle());
    d.now += 1'000'000;
    for (const std::string& file : {small_bundle(), gzipped(small_bundle())}) {
        const auto got = import(d, file);
        BOOST_TEST(counts(got, "tactics") == "0 0 2 0");
        BOOST_TEST(counts(got, "techniques") == "0 0 2 0");
        BOOST_TEST(counts(got, "matrices") == "0 0 1 0");
        BOOST_TEST(counts(got, "data_components") == "0 0 1 0");
    }
    BOOST_TEST(d.count("SELECT max(version) FROM mitre_techniques") == 1);
    BOOST_TEST(d.count("SELECT max(updated_at) - max(created_at) FROM mitre_tactics") == 0);
}

BOOST_AUTO_TEST_CASE(a_newer_bundle_changes_marks_and_tells_what_is_gone) {
    domain d;
    import(d, small_bundle());
    const std::string newer =
        stix_bundle({stix_tactic("TA0002", "execution"), stix_matrix("enterprise-attack", {"TA0002"}),
                     stix_technique("T1059", "execution", R"(,"revoked":true,"x_mitre_deprecated":true)"),
                     stix_technique("T1060", "execution"),
                     stix_link("revoked-by", "attack-pattern--T1059", "attack-pattern--T1060")});
    const auto got = import(d, newer);
    BOOST_TEST(counts(got, "techniques") == "1 1 0 1");
    BOOST_TEST(counts(got, "tactics") == "0 0 1 1");
    BOOST_TEST(counts(got, "matrices") == "0 1 0 0");
    BOOST_TEST(counts(got, "data_sources") == "0 0 0 1");
    BOOST_TEST(got.at("/absent").as_array().size() == 4u);
    const auto one = technique(d, "T1059");
    BOOST_TEST(one.at("/revoked").as_bool());
    BOOST_TEST(one.at("/deprecated").as_bool());
    BOOST_TEST(one.text("/revoked_by") == "T1060");
    BOOST_TEST(one.at("/version").as_int64() == 2);
    BOOST_TEST(technique(d, "T1059.001").text("/parent") == "T1059");
    // Of another domain nothing is missed.
    BOOST_TEST(counts(import(d, stix_bundle({stix_matrix("mobile-attack", {})})), "techniques") == "0 0 0 0");
    BOOST_TEST(counts(import(d, stix_bundle({})), "techniques") == "0 0 0 0");
}

BOOST_AUTO_TEST_CASE(a_trial_leaves_nothing) {
    domain d;
    const auto got = import(d, small_bundle(), {{"dry_run", "true"}});
    BOOST_TEST(counts(got, "techniques") == "2 0 0 0");
    BOOST_TEST(got.at("/dry_run").as_bool());
    BOOST_TEST(stored(d) == 0);
    BOOST_TEST(import(d, small_bundle(), {{"dry_run", "perhaps"}}).faults() == "dry_run");
    BOOST_TEST(import(d, small_bundle(), {{"dry", "true"}}).faults() == "dry");
}

BOOST_AUTO_TEST_CASE(what_people_added_stays_and_what_they_changed_is_as_the_bundle_says) {
    domain d;
    BOOST_TEST(!d.post("/mitre/techniques", R"({"id":"T9999","name":"ours"})").refused);
    BOOST_TEST(!d.post("/mitre/techniques", R"({"id":"T1059","name":"ours"})").refused);
    BOOST_TEST(counts(import(d, small_bundle()), "techniques") == "1 1 0 0");
    BOOST_TEST(technique(d, "T1059").text("/name") == "n of T1059");
    BOOST_TEST(technique(d, "T1059").text("/domain") == "enterprise-attack");
    BOOST_TEST(technique(d, "T9999").at("/domain").is_null());
    BOOST_TEST(counts(import(d, small_bundle()), "techniques") == "0 0 2 0");
}

BOOST_AUTO_TEST_CASE(a_parent_that_is_nowhere_is_null_and_told) {
    domain d;
    const std::string lone =
        stix_bundle({stix_tactic("TA0002", "execution"), stix_technique("T1059.001", "execution")});
    const auto got = import(d, lone);
    BOOST_TEST(counts(got, "techniques") == "1 0 0 0");
    BOOST_TEST(got.at("/warnings_count").as_int64() == 2);
    BOOST_TEST(got.text("/warnings/1/detail") == "T1059.001: its parent T1059 is unknown: it has none");
    BOOST_TEST(technique(d, "T1059.001").at("/parent").is_null());
    BOOST_TEST(technique(d, "T1059.001").at("/is_subtechnique").as_bool());
    BOOST_TEST(counts(import(d, lone), "techniques") == "0 0 1 0");
    // One that an earlier bundle brought is taken.
    import(d, stix_bundle({stix_technique("T1059", "execution")}));
    BOOST_TEST(counts(import(d, lone), "techniques") == "0 1 0 0");
    BOOST_TEST(technique(d, "T1059.001").text("/parent") == "T1059");
}

BOOST_AUTO_TEST_CASE(parents_come_before_what_is_below_them_in_any_order) {
    domain d;
    const std::string turned =
        stix_bundle({stix_technique("T1000", "x"), stix_technique("T2000", "x"), stix_technique("T3000", "x"),
                     stix_parent("T1000", "T2000"), stix_parent("T2000", "T3000")});
    BOOST_TEST(counts(import(d, turned), "techniques") == "3 0 0 0");
    BOOST_TEST(technique(d, "T1000").text("/parent") == "T2000");
    BOOST_TEST(technique(d, "T2000").text("/parent") == "T3000");
    // The other way round, in one step.
    const std::string back =
        stix_bundle({stix_technique("T1000", "x"), stix_technique("T2000", "x"), stix_technique("T3000", "x"),
                     stix_parent("T3000", "T2000"), stix_parent("T2000", "T1000")});
    BOOST_TEST(counts(import(d, back), "techniques") == "0 3 0 0");
    BOOST_TEST(technique(d, "T3000").text("/parent") == "T2000");
    BOOST_TEST(technique(d, "T1000").at("/parent").is_null());
}

BOOST_AUTO_TEST_CASE(a_circle_is_refused_whole) {
    domain d;
    const std::string circle =
        stix_bundle({stix_tactic("TA0002", "execution"), stix_technique("T1000", "x"), stix_technique("T2000", "x"),
                     stix_parent("T1000", "T2000"), stix_parent("T2000", "T1000")});
    BOOST_TEST(import(d, circle).faults() == "objects");
    BOOST_TEST(stored(d) == 0);
    // Half of it is stored, half of it comes.
    BOOST_TEST(!d.post("/mitre/techniques", R"({"id":"T1000.001","name":"n"})").refused);
    BOOST_TEST(!d.post("/mitre/techniques", R"({"id":"T1000","name":"n","parent":"T1000.001"})").refused);
    const auto got = import(d, stix_bundle({stix_tactic("TA0002", "execution"), stix_technique("T1000.001", "x")}));
    BOOST_TEST(got.faults() == "parent");
    BOOST_TEST(got.refused->faults.front().detail.find("(technique T1000.001)") != std::string::npos);
    BOOST_TEST(stored(d) == 2);
}

BOOST_AUTO_TEST_CASE(a_stix_id_that_gets_another_key_moves) {
    domain d;
    import(d, small_bundle());
    std::string moved = small_bundle();
    for (auto at = moved.find("\"external_id\":\"T1059\""); at != moved.npos; at = moved.npos)
        moved.replace(at, 21, "\"external_id\":\"T1077\"");
    const auto got = import(d, moved);
    // The sub-technique gets the new parent, the old one goes without its STIX id.
    BOOST_TEST(counts(got, "techniques") == "1 1 0 1");
    BOOST_TEST(technique(d, "T1059").at("/stix_id").is_null());
    BOOST_TEST(technique(d, "T1077").text("/stix_id") == "attack-pattern--T1059");
    BOOST_TEST(technique(d, "T1059.001").text("/parent") == "T1077");
    BOOST_TEST(got.at("/warnings_count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_bundle_is_refused_with_a_reason) {
    domain d;
    BOOST_TEST(reason(import(d, "")).find("empty") != std::string::npos);
    BOOST_TEST(reason(import(d, "{\"type\":\n [}")).find("line 2") != std::string::npos);
    BOOST_TEST(import(d, R"({"type":"indicator","objects":[]})").faults() == "bundle.type");
    BOOST_TEST(import(d, R"({"type":"bundle","objects":[{"type":"attack-pattern","id":"a","name":1}]})").faults() !=
               "");
    BOOST_TEST(reason(import(d, std::string("\x00\x01\xff\xfe", 4))).find("neither JSON") != std::string::npos);
    const std::string packed = gzipped(small_bundle());
    BOOST_TEST(import(d, std::string_view(packed).substr(0, packed.size() / 2)).refused.has_value());
    BOOST_TEST(import(d, gzipped(std::string(100u << 20, ' '))).refused.has_value());
    BOOST_TEST(import(d, gzipped(gzipped(small_bundle()))).refused.has_value());
    BOOST_TEST(stored(d) == 0);
}

BOOST_AUTO_TEST_CASE(an_object_whose_key_is_none_is_told) {
    domain d;
    const auto got = import(d, stix_bundle({stix_object("x-mitre-matrix", "a matrix"), stix_tactic("TA0002", "x")}));
    BOOST_TEST(counts(got, "matrices") == "0 0 0 0");
    BOOST_TEST(counts(got, "tactics") == "1 0 0 0");
    BOOST_TEST(got.at("/warnings_count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(the_first_hundred_warnings_are_listed_and_all_counted) {
    domain d;
    std::string many = R"({"type":"bundle","objects":[)";
    for (int i = 0; i < 150; ++i)
        many += (i > 0 ? "," : "") +
                stix_link("detects", "x-mitre-data-component--" + std::to_string(i), "attack-pattern--a");
    const auto got = import(d, many + "]}");
    BOOST_TEST(got.at("/warnings").as_array().size() == 100u);
    BOOST_TEST(got.at("/warnings_count").as_int64() == 150);
}

BOOST_AUTO_TEST_SUITE_END()
