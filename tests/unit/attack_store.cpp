#include "resource/references.hpp"
#include "siem/attack.hpp"
#include "siem/resources.hpp"
#include "support/plans.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using siem::problem_code;
using testing::answer;
using testing::domain;

namespace {

std::string object(std::string_view id, std::string_view more = "") {
    return R"({"id":")" + std::string(id) + R"(","name":"n of )" + std::string(id) + "\"" + std::string(more) + "}";
}
void must(const answer& got) { BOOST_REQUIRE_MESSAGE(!got.refused, got.refused->detail); }

// Two tactics, a technique with a sub-technique in one of them, a source.
void fill(domain& d) {
    must(d.post("/mitre/tactics", object("TA0002", R"(,"short_name":"execution")")));
    must(d.post("/mitre/tactics", object("TA0005", R"(,"short_name":"defense-evasion")")));
    must(d.post("/mitre/data-sources", object("DS0009", R"(,"platforms":["Linux"])")));
    must(d.post(
        "/mitre/techniques",
        object("T1059", R"(,"tactics":["TA0002"],"platforms":["Windows","Linux"],"data_source_ids":["DS0009"])")));
    must(d.post("/mitre/techniques",
                object("T1059.001", R"(,"parent":"T1059","tactics":["TA0002"],"platforms":["Windows"])")));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attack_store)

BOOST_AUTO_TEST_CASE(keys_have_the_grammar_of_their_kind) {
    domain d;
    for (const char* wrong : {"T1059", "TA001", "TA00011", "ta0001", "TA0001/x", ""})
        BOOST_TEST(d.post("/mitre/tactics", object(wrong, R"(,"short_name":"s")")).faults() == "id", wrong);
    for (const char* wrong : {"T105", "T1059.", "T1059.01", "T1059.0011", "TA0001", "T1059-001", "coverage"})
        BOOST_TEST(d.post("/mitre/techniques", object(wrong)).faults() == "id", wrong);
    // What is both no key and a word of a path is reported twice.
    BOOST_TEST(d.post("/mitre/techniques", object("bulk")).faults() == "id id");
    BOOST_TEST(d.post("/mitre/data-sources", object("DS9")).faults() == "id");
    BOOST_TEST(d.post("/mitre/techniques", R"({"name":"n"})").faults() == "id");
    for (const char* reserved : {"count", "bulk"}) {
        BOOST_TEST(d.post("/mitre/matrices", object(reserved)).faults() == "id", reserved);
        BOOST_TEST(d.post("/mitre/data-components", object(reserved)).faults() == "id", reserved);
    }
    const auto made = d.post("/mitre/techniques", object("T1059"));
    must(made);
    BOOST_TEST(made.reply.location == "/api/v1/mitre/techniques/T1059");
    const auto again = d.post("/mitre/techniques", object("T1059"));
    BOOST_REQUIRE(again.refused.has_value());
    BOOST_TEST((again.refused->code == problem_code::conflict));
    BOOST_TEST(again.faults() == "id");
}

BOOST_AUTO_TEST_CASE(what_is_named_must_exist) {
    domain d;
    fill(d);
    BOOST_TEST(d.post("/mitre/techniques", object("T1", "")).faults() == "id");
    BOOST_TEST(d.post("/mitre/techniques", object("T1000.001", R"(,"parent":"T1000")")).faults() == "parent");
    BOOST_TEST(d.post("/mitre/techniques", object("T1000", R"(,"tactics":["TA0002","TA0099"])")).faults() ==
               "tactics[1]");
    BOOST_TEST(d.patch("/mitre/techniques/T1059", R"({"data_source_ids":["DS0001"]})").faults() ==
               "data_source_ids[0]");
    BOOST_TEST(d.post("/mitre/matrices", object("m", R"(,"tactics":["TA0009"])")).faults() == "tactics[0]");
    BOOST_TEST(d.post("/mitre/data-components", object("DC0001", R"(,"data_source":"DS0001")")).faults() ==
               "data_source");
    BOOST_TEST(d.count("SELECT count(*) FROM mitre_techniques") == 2);
}

BOOST_AUTO_TEST_CASE(what_others_name_cannot_go) {
    domain d;
    fill(d);
    must(d.post("/mitre/data-components", object("DC0001", R"(,"data_source":"DS0009")")));
    must(d.post("/mitre/matrices", object("enterprise-attack", R"(,"tactics":["TA0005","TA0002"])")));
    for (const char* held :
         {"/mitre/tactics/TA0002", "/mitre/tactics/TA0005", "/mitre/techniques/T1059", "/mitre/data-sources/DS0009"}) {
        const auto got = d.remove(held);
        BOOST_REQUIRE_MESSAGE(got.refused.has_value(), held);
        BOOST_TEST((got.refused->code == problem_code::conflict), held);
    }
    must(d.remove("/mitre/matrices/enterprise-attack"));
    must(d.remove("/mitre/tactics/TA0005"));
    must(d.remove("/mitre/techniques/T1059.001"));
    must(d.remove("/mitre/techniques/T1059"));
    must(d.remove("/mitre/tactics/TA0002"));
    BOOST_TEST(d.count("SELECT count(*) FROM mitre_technique_tactics") == 0);
    BOOST_TEST(d.count("SELECT count(*) FROM mitre_technique_platforms") == 0);
    const auto gone = d.remove("/mitre/tactics/TA0002");
    BOOST_TEST((gone.refused && gone.refused->code == problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(parents_do_not_go_in_a_circle) {
    domain d;
    fill(d);
    must(d.post("/mitre/techniques", object("T1059.002", R"(,"parent":"T1059.001")")));
    for (const char* below : {"T1059", "T1059.001", "T1059.002"}) {
        const std::string body = R"({"parent":")" + std::string(below) + "\"}";
        BOOST_TEST(d.patch("/mitre/techniques/T1059", body).faults() == "parent", below);
        BOOST_TEST(
            d.put("/mitre/techniques/T1059", object("T1059", ",\"parent\":\"" + std::string(below) + "\"")).faults() ==
                "parent",
            below);
    }
    const auto many =
        d.post("/mitre/techniques/bulk", R"({"action":"patch","ids":["T1059"],"patch":{"parent":"T1059.002"}})");
    BOOST_TEST(many.at("/failed").as_int64() == 1);
    BOOST_TEST(d.get("/mitre/techniques/T1059").at("/parent").is_null());
    // One step up is no circle.
    must(d.patch("/mitre/techniques/T1059.002", R"({"parent":"T1059"})"));
    must(d.patch("/mitre/techniques/T1059.001", R"({"parent":"T1059.002"})"));
}

BOOST_AUTO_TEST_CASE(what_has_a_parent_is_a_subtechnique) {
    domain d;
    fill(d);
    BOOST_TEST(d.get("/mitre/techniques/T1059.001").at("/is_subtechnique").as_bool());
    BOOST_TEST(d.patch("/mitre/techniques/T1059.001", R"({"is_subtechnique":false})").faults() == "is_subtechnique");
    must(d.patch("/mitre/techniques/T1059.001", R"({"is_subtechnique":false,"parent":null})"));
    must(d.patch("/mitre/techniques/T1059.001", R"({"parent":"T1059"})"));
    BOOST_TEST(d.get("/mitre/techniques/T1059.001").at("/is_subtechnique").as_bool());
}

BOOST_AUTO_TEST_CASE(a_stix_id_belongs_to_one) {
    domain d;
    must(d.post("/mitre/techniques", object("T1001", R"(,"stix_id":"attack-pattern--1")")));
    const auto taken = d.post("/mitre/techniques", object("T1002", R"(,"stix_id":"attack-pattern--1")"));
    BOOST_REQUIRE(taken.refused.has_value());
    BOOST_TEST((taken.refused->code == problem_code::conflict));
    BOOST_TEST(taken.faults() == "stix_id");
    must(d.post("/mitre/techniques", object("T1002")));
    must(d.post("/mitre/techniques", object("T1003")));
    BOOST_TEST(d.patch("/mitre/techniques/T1003", R"({"stix_id":"attack-pattern--1"})").faults() == "stix_id");
}

BOOST_AUTO_TEST_CASE(lists_are_by_id_and_filtered_with_true_totals) {
    domain d;
    fill(d);
    must(d.post("/mitre/techniques", object("T1000", R"(,"tactics":["TA0002","TA0005"],"deprecated":true)")));
    BOOST_TEST(ids(d.get("/mitre/techniques")) == "T1000 T1059 T1059.001");
    BOOST_TEST(ids(d.get("/mitre/techniques", {{"sort", "-id"}})) == "T1059.001 T1059 T1000");
    const auto matches = [&](const domain::query& by) {
        const auto found = ids(d.get("/mitre/techniques", by));
        const auto total = d.get("/mitre/techniques/count", by).at("/count").as_int64();
        BOOST_TEST(total == (found.empty() ? 0 : std::count(found.begin(), found.end(), ' ') + 1));
        return found;
    };
    BOOST_TEST(matches({{"tactic", "TA0002"}}) == "T1000 T1059 T1059.001");
    BOOST_TEST(matches({{"tactic", "TA0005"}, {"tactic", "TA0002"}}) == "T1000 T1059 T1059.001");
    BOOST_TEST(matches({{"tactic", "TA0005"}}) == "T1000");
    BOOST_TEST(matches({{"tactic", "TA0002"}, {"platform", "Linux"}}) == "T1059");
    BOOST_TEST(matches({{"parent", "T1059"}}) == "T1059.001");
    BOOST_TEST(matches({{"is_subtechnique", "false"}}) == "T1000 T1059");
    BOOST_TEST(matches({{"deprecated", "true"}}) == "T1000");
    BOOST_TEST(matches({{"revoked", "true"}}) == "");
    BOOST_TEST(matches({{"data_source", "DS0009"}}) == "T1059");
    BOOST_TEST(matches({{"q", "T1059.001"}}) == "T1059.001");
    BOOST_TEST(matches({{"q", "name:\"n of T1000\""}}) == "T1000");
    BOOST_TEST(d.get("/mitre/techniques", {{"is_subtechnique", "maybe"}}).faults() == "is_subtechnique");
    BOOST_TEST(d.get("/mitre/techniques", {{"tactics", "x"}}).faults() == "tactics");
}

BOOST_AUTO_TEST_CASE(what_belongs_to_an_object_is_listed_below_it) {
    domain d;
    fill(d);
    must(d.post("/rules",
                R"({"id":"r1","name":"n","type":"query","severity":"low","query":"a","mitre_techniques":["T1059"]})"));
    must(d.post(
        "/rules",
        R"({"id":"r2","name":"n","type":"query","severity":"low","query":"a","mitre_techniques":["T1059.001"]})"));
    BOOST_TEST(ids(d.get("/mitre/techniques/T1059/subtechniques")) == "T1059.001");
    BOOST_TEST(ids(d.get("/mitre/techniques/T1059/tactics")) == "TA0002");
    BOOST_TEST(ids(d.get("/mitre/techniques/T1059/data-sources")) == "DS0009");
    BOOST_TEST(ids(d.get("/mitre/techniques/T1059/rules")) == "r1");
    BOOST_TEST(ids(d.get("/mitre/techniques/T1059/rules", {{"severity", "high"}})) == "");
    BOOST_TEST(ids(d.get("/mitre/tactics/TA0002/techniques", {{"is_subtechnique", "true"}})) == "T1059.001");
    BOOST_TEST(ids(d.get("/mitre/tactics/TA0005/techniques")) == "");
    BOOST_TEST(d.get("/mitre/techniques/T1059/subtechniques", {{"count", "true"}}).at("/total").as_int64() == 1);
    for (const char* absent : {"/mitre/techniques/T1234/subtechniques", "/mitre/techniques/T1234/rules",
                               "/mitre/tactics/TA0099/techniques", "/mitre/techniques/nothing/tactics"}) {
        const auto got = d.get(absent);
        BOOST_TEST((got.refused && got.refused->code == problem_code::not_found), absent);
    }
}

BOOST_AUTO_TEST_CASE(a_change_keeps_mappings_and_wants_the_right_version) {
    domain d;
    fill(d);
    must(d.patch("/mitre/tactics/TA0002", R"({"description":"new"})"));
    BOOST_TEST(ids(d.get("/mitre/tactics/TA0002/techniques")) == "T1059 T1059.001");
    const auto stale = d.patch("/mitre/tactics/TA0002", R"({"description":"newer"})", [](siem::call& request) {
        request.conditions.if_match = siem::version_list{false, {1}};
    });
    BOOST_TEST((stale.refused && stale.refused->code == problem_code::stale_version));
    const auto absent = d.patch("/mitre/techniques/T4321", R"({"name":"n"})");
    BOOST_TEST((absent.refused && absent.refused->code == problem_code::not_found));
    BOOST_TEST(d.patch("/mitre/techniques/T1059", R"({"id":"T1060"})").faults() == "id");
    BOOST_TEST(d.patch("/mitre/techniques/T1059", R"({"domain":"x"})").faults() == "domain");
    BOOST_TEST(d.patch("/mitre/techniques/T1059", R"({"parent_row":1})").faults() == "parent_row");
    must(d.patch("/mitre/techniques/T1059", R"({"tactics":["TA0005"]})"));
    BOOST_TEST(ids(d.get("/mitre/tactics/TA0002/techniques")) == "T1059.001");
}

BOOST_AUTO_TEST_CASE(what_is_listed_below_an_object_is_found_by_an_index) {
    const std::vector<carrel::value> key{std::string()};
    domain d;
    for (const std::string sql : {
             "mitre_techniques WHERE parent = ? ORDER BY id",
             "mitre_tactics WHERE id IN (SELECT p.item FROM mitre_technique_tactics p JOIN mitre_techniques t ON t.seq "
             "= "
             "p.row WHERE t.id = ?) ORDER BY id",
             "mitre_techniques WHERE seq IN (SELECT row FROM mitre_technique_tactics WHERE item = ?) ORDER BY id",
             "rules WHERE seq IN (SELECT row FROM rules_techniques WHERE item = ?) ORDER BY created_at DESC, id DESC",
         }) {
        const std::string plan = carrel::testing::plan_of(d, "SELECT * FROM " + sql, key);
        BOOST_TEST(plan.find("SEARCH") != plan.npos, sql << plan);
        for (const char* table :
             {"SCAN mitre_tactics\n", "SCAN mitre_techniques\n", "SCAN rules\n", "SCAN p\n", "SCAN t\n"})
            BOOST_TEST(plan.find(table) == plan.npos, sql << plan);
    }
}

BOOST_AUTO_TEST_SUITE_END()
