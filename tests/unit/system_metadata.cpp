// System metadata, and the first run of an installation.
#include "support/callers.hpp"

#include <boost/test/unit_test.hpp>

using carrel::access::permission;
using namespace carrel::siem;
using carrel::testing::by;
using carrel::testing::domain;

namespace {

std::string fault_of(std::string_view type, std::string_view value) {
    domain d;
    return d
        .post("/system/metadata",
              R"({"key":"k","type":")" + std::string(type) + R"(","value":)" + std::string(value) + "}")
        .faults();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(system_metadata_)

BOOST_AUTO_TEST_CASE(a_value_is_put_read_changed_and_deleted) {
    domain d;
    const auto put = d.put("/system/metadata/ui.theme", R"({"value":"dark","description":"of all consoles"})");
    BOOST_REQUIRE(!put.refused);
    BOOST_TEST((put.reply.kind == outcome::created));
    BOOST_TEST(put.text("/value") == "dark");
    BOOST_TEST(put.text("/type") == "text");
    const auto again = d.put("/system/metadata/ui.theme", R"({"value":9007199254740993,"type":"integer"})");
    BOOST_TEST((again.reply.kind == outcome::ok));
    BOOST_TEST(again.at("/value").as_int64() == 9007199254740993);
    BOOST_TEST(again.at("/version").as_int64() == 2);
    BOOST_TEST(d.patch("/system/metadata/ui.theme", R"({"value":7})").at("/value").as_int64() == 7);
    BOOST_TEST(is(d.post("/system/metadata", R"({"key":"ui.theme","value":"x"})"), problem_code::conflict));
    d.post("/system/metadata", R"({"key":"a","value":[1],"type":"json"})");
    BOOST_TEST(d.get("/system/metadata").text("/items/0/key") == "a");
    BOOST_TEST(d.get("/system/metadata", {{"type", "json"}}).at("/items").as_array().size() == 1U);
    BOOST_TEST(!d.remove("/system/metadata/a").refused);
    BOOST_TEST(is(d.get("/system/metadata/a"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_value_is_of_its_type) {
    BOOST_TEST(fault_of("text", "7") == "value");
    BOOST_TEST(fault_of("integer", "7.5") == "value");
    BOOST_TEST(fault_of("integer", "\"7\"") == "value");
    BOOST_TEST(fault_of("real", "7") == "");
    BOOST_TEST(fault_of("boolean", "1") == "value");
    BOOST_TEST(fault_of("time", "\"today\"") == "value");
    BOOST_TEST(fault_of("time", "\"2023-11-14T22:13:20Z\"") == "");
    BOOST_TEST(fault_of("json", R"({"a":[null]})") == "");
    BOOST_TEST(fault_of("text", "null") == "value");
    BOOST_TEST(fault_of("date", "1") == "type");
    domain d;
    BOOST_TEST(d.post("/system/metadata", R"({"key":"a b","value":"x"})").faults() == "key");
    BOOST_TEST(d.put("/system/metadata/k", R"({"key":"other","value":"x"})").faults() == "key");
    d.put("/system/metadata/k", R"({"value":"x"})");
    BOOST_TEST(d.patch("/system/metadata/k", R"({"type":"boolean"})").faults() == "value");
}

BOOST_AUTO_TEST_CASE(the_setup_is_completed_once) {
    domain d;
    BOOST_TEST(d.get("/system/first-run").at("/is_first_run").as_bool());
    const auto chief = by("chief", {permission::admin_system});
    const auto done = d.post("/system/complete-setup", R"({"skipped_wizard":true})", chief);
    BOOST_REQUIRE(!done.refused);
    BOOST_TEST(done.at("/success").as_bool());
    BOOST_TEST(done.text("/completed_at") == "2023-11-14T22:13:20.000000Z");
    BOOST_TEST(!d.get("/system/first-run").at("/is_first_run").as_bool());
    d.now += 1'000'000;
    const auto again = d.post("/system/complete-setup", "{}");
    BOOST_TEST(again.at("/success").as_bool());
    BOOST_TEST(again.text("/completed_at") == done.text("/completed_at"));
    BOOST_TEST(again.at("/skipped_wizard").as_bool());
    const auto kept = d.get("/system/metadata/setup.completed_at");
    BOOST_TEST(kept.text("/updated_by") == "chief");
    BOOST_TEST(kept.at("/version").as_int64() == 1);
    BOOST_TEST(d.post("/system/complete-setup", R"({"skipped_wizard":"yes"})").faults() == "skipped_wizard");
}

BOOST_AUTO_TEST_CASE(what_is_the_servers_own_is_not_changed_by_clients) {
    domain d;
    d.post("/system/complete-setup", "{}");
    BOOST_TEST(is(d.remove("/system/metadata/setup.completed_at"), problem_code::conflict));
    BOOST_TEST(is(d.patch("/system/metadata/setup.skipped_wizard", R"({"value":true})"), problem_code::conflict));
    BOOST_TEST(is(d.put("/system/metadata/setup.skipped_wizard", R"({"value":true,"type":"boolean"})"),
                  problem_code::conflict));
    BOOST_TEST(!d.get("/system/first-run").at("/is_first_run").as_bool());
}

BOOST_AUTO_TEST_CASE(who_has_feeds_is_past_the_first_run) {
    domain d;
    BOOST_REQUIRE(!d.post("/feeds", R"({"name":"f","type":"git","url":"https://example.org/rules.git"})").refused);
    BOOST_TEST(!d.get("/system/first-run").at("/is_first_run").as_bool());
}

BOOST_AUTO_TEST_SUITE_END()
