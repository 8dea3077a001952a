// All content as one archive: out of one database, into another, and refused whole when anything is wrong with it.
#include "archive/read.hpp"
#include "archive/write.hpp"
#include "base/sha256.hpp"
#include "support/callers.hpp"
#include "support/rule_bodies.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

using namespace carrel::siem;
using namespace carrel::testing;

namespace {

using files = std::map<std::string, std::string>;

files unpacked(const std::string& archive) {
    files made;
    for (const auto& each : carrel::archive::read_all(archive).value()) made[each.name] = each.bytes;
    return made;
}

std::string packed(const files& of) {
    std::vector<carrel::archive::entry> entries;
    for (const auto& [name, bytes] : of) entries.push_back({name, bytes});
    return carrel::archive::write_tar_gz(entries, std::chrono::sys_seconds()).value();
}

// With the manifest made to say what is in the other files.
std::string resealed(files of) {
    auto manifest = boost::json::parse(of["manifest.json"]);
    for (auto& each : manifest.at("members").as_array()) {
        const std::string& bytes = of[std::string(each.at("name").as_string())];
        each.as_object()["sha256"] = carrel::base::sha256_hex(bytes);
        each.as_object()["records"] = std::count(bytes.begin(), bytes.end(), '\n');
    }
    of["manifest.json"] = serialize(manifest);
    return packed(of);
}

std::string exported(domain& d, const domain::query& parameters = {}) {
    return d.get("/admin/content/export", parameters).reply.body;
}

answer restored(domain& d, std::string_view archive, const domain::query& parameters = {}) {
    return d.post_file("/admin/content/restore", archive, parameters);
}

constexpr std::array tables = {"rule_feeds",        "ioc_feeds",      "actions", "rules",          "exceptions",
                               "correlation_rules", "field_mappings", "iocs",    "saved_searches", "playbooks"};

// Something of everything, referring to each other.
void fill(domain& d) {
    const auto ann = by("ann", {});
    const auto post = [&](const char* path, const std::string& body) {
        const auto made = d.post(path, body, ann);
        BOOST_REQUIRE_MESSAGE(!made.refused, path << ": " << (made.refused ? made.refused->detail : ""));
    };
    post("/feeds",
         R"({"id":"f","name":"feed","type":"git","url":"https://example.org/rules.git","update_strategy":"scheduled",
                   "update_schedule":"6h"})");
    post("/ioc-feeds", R"({"id":"i","name":"iocs","type":"http","url":"https://example.org/list.csv","format":"csv",
                       "auth_config":{"type":"bearer","token":"feed-s3cret"}})");
    post("/actions", R"({"id":"hook","type":"webhook","config":{"url":"https://example.org/hook"}})");
    post("/actions",
         R"({"id":"chat","type":"slack","config":{"webhook_url":"https://hooks.example.org/chat-s3cret"}})");
    post("/rules",
         R"({"id":"r","name":"query","severity":"low","query":"powershell","actions":["hook","chat"],"tags":["t"]})");
    post("/rules", R"({"id":")" + one_id + R"(","sigma_yaml":)" +
                       boost::json::serialize(boost::json::string(rule_document(one_id, "One"))) + "}");
    post("/rules/r/lifecycle", R"({"to":"test"})");
    post("/exceptions",
         R"({"id":"e","name":"x","rule_id":"r","type":"suppress","condition_type":"query","condition":"a"})");
    post("/correlation-rules",
         R"({"id":"c","name":"both","severity":"high","window_s":60,"actions":["hook"],
         "sequence":[{"rule_id":"r"},{"query":"b AND c"}]})");
    post("/field-mappings", R"({"id":"m","name":"mine","mappings":{"a.b":"host"}})");
    post("/iocs", R"({"id":"bad","value":"evil.example.org","tags":["apt"]})");
    post("/saved-searches", R"({"id":"s","name":"mine","query":"x","filters":{"host":"h"},"from":"-1d"})");
    post("/playbooks",
         R"({"id":"p","name":"P","steps":[{"id":"s","name":"Note","type":"add_note","parameters":{"note":"n"}}]})");
    d.patch("/rules/r", R"({"name":"query, changed"})", ann);
}

std::string all_of(domain& d) {
    std::string text;
    for (const char* each : tables)
        text += std::to_string(d.count(("SELECT count(*) FROM " + std::string(each)).c_str())) + " ";
    return text;
}

struct fixture {
    domain from, to;
    std::string archive;
    fixture() {
        fill(from);
        archive = exported(from, {{"indicators", "true"}});
    }
    // Why `to` refuses it, and that nothing of it is there.
    std::string refusal(std::string_view bytes, const domain::query& parameters = {}) {
        const auto before = all_of(to);
        const auto got = restored(to, bytes, parameters);
        BOOST_TEST(all_of(to) == before);
        if (!got.refused) return "";
        BOOST_TEST(is(got, problem_code::invalid));
        std::string why = got.refused->detail;
        for (const auto& each : got.refused->faults)
            why += " [" + each.field + ":" + std::to_string(each.line) + " " + each.detail + "]";
        return why;
    }
    bool tells(std::string_view why, std::string_view what) {
        if (why.find(what) != why.npos) return true;
        BOOST_TEST_MESSAGE(why);
        return false;
    }
    files changed(const std::string& name, std::string_view from_text, std::string_view to_text) {
        files made = unpacked(archive);
        const auto at = made[name].find(from_text);
        BOOST_REQUIRE(at != std::string::npos);
        made[name].replace(at, from_text.size(), to_text);
        return made;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(content_archives, fixture)

BOOST_AUTO_TEST_CASE(what_comes_out_goes_in_and_comes_out_the_same) {
    to.now += 3'600'000'000;
    const auto done = restored(to, archive, {{"indicators", "true"}});
    BOOST_REQUIRE_MESSAGE(!done.refused, (done.refused ? done.refused->detail : ""));
    BOOST_TEST(done.at("/created").as_int64() == 12);
    BOOST_TEST(done.at("/members").as_array().size() == 10U);
    const std::string again = exported(to, {{"indicators", "true"}});
    files first = unpacked(archive), second = unpacked(again);
    first.erase("manifest.json");
    second.erase("manifest.json");
    for (const auto& [name, bytes] : first) BOOST_TEST(second[name] == bytes, name);
    BOOST_TEST(first.size() == second.size());
    // It is what it was there: found, referred to, with its state.
    BOOST_TEST(to.get("/rules/r").text("/lifecycle") == "test");
    BOOST_TEST(to.get("/rules/r").at("/version").as_int64() == 3);
    BOOST_TEST(to.get("/rules/r").text("/created_by") == "ann");
    BOOST_TEST(ids(to.get("/rules", {{"q", "changed"}})) == "r");
    BOOST_TEST(ids(to.get("/rules", {{"action", "hook"}})) == "r");
    BOOST_TEST(ids(to.get("/iocs", {{"value", "EVIL[.]example.org"}})) == "bad");
    BOOST_TEST(is(to.remove("/actions/hook"), problem_code::conflict));
    BOOST_TEST(!to.get("/feeds/f").at("/next_sync_at").is_null());
    const auto same = restored(to, archive, {{"indicators", "true"}});
    BOOST_TEST(same.at("/unchanged").as_int64() == 12);
}

BOOST_AUTO_TEST_CASE(secrets_stay_where_they_are_and_are_told) {
    const files parts = unpacked(archive);
    for (const auto& [name, bytes] : parts) {
        BOOST_TEST(bytes.find("s3cret") == std::string::npos, name);
        BOOST_TEST(bytes.find("v1.") == std::string::npos, name);
    }
    const auto manifest = boost::json::parse(parts.at("manifest.json"));
    BOOST_TEST(serialize(manifest.at("secrets_left_out")) ==
               R"([{"resource":"actions","id":"chat","names":["webhook_url"]},)"
               R"({"resource":"ioc_feeds","id":"i","names":["auth_config"]}])");
    const auto done = restored(to, archive);
    BOOST_TEST(serialize(done.at("/secrets_to_set")) == serialize(manifest.at("secrets_left_out")));
    BOOST_TEST(!to.get("/actions/chat").at("/has_secret").as_bool());
    to.patch("/actions/chat", R"({"config":{"webhook_url":"https://hooks.example.org/other"},"name":"set"})");
    // What is overwritten keeps its secrets.
    const auto over = restored(to, archive, {{"mode", "overwrite"}});
    BOOST_TEST(over.at("/updated").as_int64() == 1);
    BOOST_TEST(over.at("/secrets_to_set").as_array().size() == 1U);
    BOOST_TEST(to.get("/actions/chat").at("/has_secret").as_bool());
    BOOST_TEST(to.get("/actions/chat").at("/name").is_null());
}

BOOST_AUTO_TEST_CASE(a_dry_run_says_what_a_real_one_does_and_does_nothing) {
    const auto before = all_of(to);
    auto dry = restored(to, archive, {{"dry_run", "true"}});
    BOOST_REQUIRE(!dry.refused);
    BOOST_TEST(all_of(to) == before);
    auto real = restored(to, archive);
    boost::json::value a = dry.json(), b = real.json();
    a.as_object().erase("dry_run");
    b.as_object().erase("dry_run");
    BOOST_TEST(serialize(a) == serialize(b));
    to.patch("/rules/r", R"({"name":"other"})");
    const auto hindered = restored(to, archive, {{"dry_run", "true"}});
    BOOST_TEST(is(hindered, problem_code::conflict));
    BOOST_TEST(is(restored(to, archive), problem_code::conflict));
    BOOST_TEST(restored(to, archive, {{"dry_run", "true"}, {"mode", "overwrite"}}).at("/updated").as_int64() == 1);
    BOOST_TEST(to.get("/rules/r").text("/name") == "other");
}

BOOST_AUTO_TEST_CASE(conflicts_are_told_and_settled_as_asked) {
    restored(to, archive);
    to.patch("/rules/r", R"({"name":"other"})");
    to.remove("/exceptions/e");
    const auto failed = restored(to, archive);
    BOOST_TEST(is(failed, problem_code::conflict));
    BOOST_TEST(failed.faults() == "rules.ndjson");
    BOOST_TEST(failed.refused->faults[0].line == 2);
    BOOST_TEST(to.get("/exceptions/count").at("/count").as_int64() == 0);
    const auto skipped = restored(to, archive, {{"mode", "skip"}});
    BOOST_TEST(skipped.at("/skipped").as_int64() == 1);
    BOOST_TEST(skipped.at("/created").as_int64() == 1);
    BOOST_TEST(skipped.at("/conflicts/0/line").as_int64() == 2);
    BOOST_TEST(to.get("/rules/r").text("/name") == "other");
    const auto version = to.get("/rules/r").at("/version").as_int64();
    const auto over = restored(to, archive, {{"mode", "overwrite"}});
    BOOST_TEST(over.at("/updated").as_int64() == 1);
    BOOST_TEST(to.get("/rules/r").text("/name") == "query, changed");
    BOOST_TEST(to.get("/rules/r").at("/version").as_int64() == version + 1);
}

// The name of a mapping, and the value of an indicator, are taken by another id.
BOOST_AUTO_TEST_CASE(what_is_taken_by_another_one_is_a_conflict) {
    to.post("/field-mappings", R"({"id":"other","name":"mine","mappings":{"x":"host"}})");
    const auto failed = restored(to, archive, {{"mode", "overwrite"}});
    BOOST_TEST(is(failed, problem_code::conflict));
    BOOST_TEST(failed.faults() == "field_mappings.ndjson");
    BOOST_TEST(to.get("/rules/count").at("/count").as_int64() == 0);
    const auto skipped = restored(to, archive, {{"mode", "skip"}});
    BOOST_REQUIRE(!skipped.refused);
    BOOST_TEST(skipped.at("/skipped").as_int64() == 1);
    BOOST_TEST(skipped.text("/conflicts/0/member") == "field_mappings.ndjson");
}

BOOST_AUTO_TEST_CASE(parts_are_chosen) {
    BOOST_TEST(unpacked(exported(from)).contains("iocs.ndjson") == false);
    const files some = unpacked(exported(from, {{"only", "rules"}, {"only", "actions"}}));
    BOOST_TEST(some.size() == 3U);
    BOOST_TEST(from.post("/admin/content/export", {}).reply.body.size() > 100U);
    BOOST_TEST(is(from.get("/admin/content/export", {{"only", "events"}}), problem_code::bad_request));
    BOOST_TEST(is(restored(to, archive, {{"mode", "merge"}}), problem_code::bad_request));
    BOOST_TEST(is(restored(to, archive, {{"dry_run", "yes"}}), problem_code::bad_request));
    BOOST_TEST(restored(to, archive, {{"only", "actions"}}).at("/created").as_int64() == 2);
    // A rule's actions are there by now; without them it is refused, with its place.
    BOOST_TEST(!restored(to, archive, {{"only", "rules"}}).refused);
    domain empty;
    const auto lacking = restored(empty, archive, {{"only", "rules"}});
    BOOST_TEST(is(lacking, problem_code::invalid));
    BOOST_TEST(lacking.faults() == "rules.ndjson");
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_broken_is_refused) {
    BOOST_TEST(!refusal("").empty());
    BOOST_TEST(!refusal("no archive").empty());
    for (const std::size_t cut : {std::size_t{10}, archive.size() / 2, archive.size() - 9})
        BOOST_TEST(!refusal(std::string_view(archive).substr(0, cut)).empty(), cut);
    for (std::size_t at = 12; at < archive.size() - 8; at += archive.size() / 37) {
        std::string changed_byte = archive;
        changed_byte[at] = static_cast<char>(changed_byte[at] ^ 0x10);
        BOOST_TEST(!refusal(changed_byte).empty(), at);
    }
    BOOST_TEST(!restored(to, archive).refused);
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_not_what_its_manifest_says_is_refused) {
    files parts = changed("rules.ndjson", "powershell", "cmd");
    BOOST_TEST(tells(refusal(packed(parts)), "rules.ndjson"));
    parts = unpacked(archive);
    parts.erase("rules.ndjson");
    BOOST_TEST(tells(refusal(packed(parts)), "rules.ndjson"));
    parts = unpacked(archive);
    parts["more.ndjson"] = "{}\n";
    BOOST_TEST(tells(refusal(packed(parts)), "more.ndjson"));
    parts = unpacked(archive);
    parts.erase("manifest.json");
    BOOST_TEST(tells(refusal(packed(parts)), "manifest.json"));
    for (const auto& [was, is] :
         std::map<std::string, std::string>{{"\"format_version\":1", "\"format_version\":2"},
                                            {"carrel-content", "other"},
                                            {"\"schema_step\":", "\"schema_step\":9"},
                                            {"\"members\"", "\"member\""},
                                            {"\"resource\":\"rules\"", "\"resource\":\"events\""},
                                            {"\"secrets_left_out\"", "\"secrets\""},
                                            {"{\"format\"", "[\"format\""}})
        BOOST_TEST(!refusal(packed(changed("manifest.json", was, is))).empty(), was);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_wrong_is_told_with_its_place) {
    BOOST_TEST(tells(refusal(resealed(changed("rules.ndjson", "\"low\"", "\"grave\""))), "[rules.ndjson:2 `severity`"));
    BOOST_TEST(tells(refusal(resealed(changed("rules.ndjson", "\"name\":\"One\"", "\"nom\":\"One\""))),
                     "[rules.ndjson:1 `nom` is an unknown field"));
    BOOST_TEST(tells(refusal(resealed(changed("rules.ndjson", "{\"id\":\"r\"", "{\"id\":r"))), "[rules.ndjson:2 "));
    BOOST_TEST(
        tells(refusal(resealed(changed("rules.ndjson", "\"id\":\"r\"", "\"id\":\"a/b\""))), "`id` must be 1 to 128"));
    BOOST_TEST(tells(refusal(resealed(changed("rules.ndjson", "\"lifecycle\":\"test\"", "\"lifecycle\":\"best\""))),
                     "[rules.ndjson:2 `lifecycle`"));
    BOOST_TEST(tells(refusal(resealed(changed("exceptions.ndjson", "\"rule_id\":\"r\"", "\"rule_id\":\"gone\""))),
                     "[exceptions.ndjson:1 `rule_id` does not exist"));
    BOOST_TEST(tells(refusal(resealed(changed("rules.ndjson", "\"feed_id\":null", "\"feed_id\":\"gone\""))),
                     "[rules.ndjson:1 refers to what is not there"));
    BOOST_TEST(tells(refusal(resealed(changed("actions.ndjson", "https://example.org/hook", "http://127.0.0.1/"))),
                     "[actions.ndjson:2 `config.url`"));
    BOOST_TEST(tells(refusal(resealed(changed("correlation_rules.ndjson", "b AND c", "b AND ("))),
                     "[correlation_rules.ndjson:1 `sequence[1].query`"));
    BOOST_TEST(tells(refusal(resealed(changed("saved_searches.ndjson", "\"is_public\":false", "\"is_public\":7"))),
                     "[saved_searches.ndjson:1 `is_public`"));
    files twice = unpacked(archive);
    twice["rules.ndjson"] += twice["rules.ndjson"];
    BOOST_TEST(!restored(to, resealed(twice)).refused);
}

// Whatever a line says, it is stored or refused: the domain's caller gets no other error of it.
BOOST_AUTO_TEST_CASE(lines_with_random_damage_are_refused_or_stored) {
    std::mt19937 random(20261127);
    const files whole = unpacked(archive);
    std::vector<std::string> names;
    for (const auto& [name, bytes] : whole)
        if (name != "manifest.json") names.push_back(name);
    constexpr std::string_view bytes = "0a\"{}[]:,\\.-n\x01\xff ";
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
        files damaged = whole;
        std::string& text = damaged[names[random() % names.size()]];
        for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
            const std::size_t at = random() % (text.size() - 1);
            if (random() % 2 == 0) text[at] = bytes[random() % bytes.size()];
            else text.erase(at, random() % 20 % (text.size() - 1 - at));
        }
        domain empty;
        const auto got = restored(empty, resealed(damaged), {{"indicators", "true"}, {"mode", "overwrite"}});
        if (got.refused) ++refused;
        if (got.refused) BOOST_TEST(all_of(empty) == all_of(to));
    }
    BOOST_TEST(refused > 100);
    BOOST_TEST(refused < 300);
}

BOOST_AUTO_TEST_CASE(an_archive_that_grows_beyond_all_bounds_is_refused) {
    files bomb = unpacked(archive);
    bomb["rules.ndjson"] = std::string(std::size_t{129} << 20, '\n');
    const std::string bytes = packed(bomb);
    BOOST_TEST(bytes.size() < (std::size_t{1} << 20));
    BOOST_TEST(tells(refusal(bytes), "rules.ndjson"));
    files many = unpacked(archive);
    for (int i = 0; i < 100; ++i) many["x" + std::to_string(i)] = "";
    BOOST_TEST(tells(refusal(packed(many)), "entries"));
}

BOOST_AUTO_TEST_CASE(what_is_said_twice_is_not_taken_as_said_once) {
    BOOST_TEST(restored(to, archive, {{"dry_run", "false"}, {"dry_run", "true"}}).faults() == "dry_run");
    BOOST_TEST(restored(to, archive, {{"mode", "skip"}, {"mode", "overwrite"}}).faults() == "mode");
    BOOST_TEST(restored(to, archive, {{"indicators", "true"}, {"indicators", "false"}}).faults() == "indicators");
    BOOST_TEST(
        !restored(to, archive, {{"only", "rules"}, {"only", "actions"}, {"dry_run", "true"}}).refused.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
