#include "siem/exceptions.hpp"

#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::testing;
using carrel::siem::call;
using carrel::siem::method;
using carrel::siem::outcome;
using carrel::siem::problem_code;

BOOST_AUTO_TEST_SUITE(exceptions)

namespace {

// With members in place of those that a small exception has, or beside them.
std::string body(std::string_view more = "", std::string_view condition = R"("query","condition":"host:web-1")") {
    return R"({"name":"n","type":"suppress","condition_type":)" + std::string(condition) + std::string(more) + "}";
}

void add_rule(domain& d, const std::string& id) {
    BOOST_REQUIRE(!d.post("/rules", R"({"id":")" + id + R"(","name":"r","type":"query","severity":"low","query":"a"})")
                       .refused.has_value());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_exception_is_answered_whole) {
    domain d;
    const auto made = d.post("/exceptions", body(R"(,"id":"e","tags":["x"],"justification":"known scanner")"),
                             [](call& request) { request.principal = "ana"; });
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.reply.location == "/api/v1/exceptions/e");
    const std::string expected =
        R"({"id":"e","version":1,"created_at":"2023-11-14T22:13:20.000000Z","updated_at":"2023-11-14T22:13:20.000000Z",)"
        R"("name":"n","description":null,"rule_id":null,"type":"suppress","condition_type":"query",)"
        R"("condition":"host:web-1","new_severity":null,"enabled":true,"priority":100,"expires_at":null,"expired":false,)"
        R"("hit_count":0,"last_hit_at":null,"justification":"known scanner","tags":["x"],"created_by":"ana"})";
    BOOST_TEST(made.reply.body == expected);
    BOOST_TEST(d.get("/exceptions/e").reply.body == expected);
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_body_is_named) {
    domain d;
    BOOST_TEST(d.post("/exceptions", "{}").faults() == "name type condition_type condition");
    BOOST_TEST(d.post("/exceptions", body(R"(,"hit_count":1,"expired":true,"created_by":"me","tree":"x")")).faults() ==
               "tree expired hit_count created_by");
    BOOST_TEST(d.post("/exceptions", body(R"(,"priority":-1)")).faults() == "priority");
    BOOST_TEST(d.post("/exceptions", body(R"(,"expires_at":"soon")")).faults() == "expires_at");
    BOOST_TEST(d.post("/exceptions", body("", R"("cql","condition":"a")")).faults() == "condition_type");
    BOOST_TEST(d.post("/exceptions", body("", R"("query","condition":"")")).faults() == "condition");
    BOOST_TEST(d.get("/exceptions/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(a_new_severity_is_asked_for_exactly_where_it_is_used) {
    domain d;
    const std::string modifies =
        R"({"name":"n","type":"modify_severity","condition_type":"query","condition":"a","id":"m")";
    BOOST_TEST(d.post("/exceptions", modifies + "}").faults() == "new_severity");
    BOOST_TEST(d.post("/exceptions", modifies + R"(,"new_severity":"info"})").faults() == "new_severity");
    BOOST_TEST(d.post("/exceptions", body(R"(,"new_severity":"low")")).faults() == "new_severity");
    BOOST_TEST(d.post("/exceptions", modifies + R"(,"new_severity":"low"})").text("/new_severity") == "low");
    BOOST_TEST(d.patch("/exceptions/m", R"({"new_severity":null})").faults() == "new_severity");
    BOOST_TEST(d.patch("/exceptions/m", R"({"type":"suppress"})").faults() == "new_severity");
    BOOST_TEST(d.patch("/exceptions/m", R"({"type":"suppress","new_severity":null})").text("/type") == "suppress");
}

BOOST_AUTO_TEST_CASE(a_condition_that_is_no_query_is_refused_with_its_place) {
    domain d;
    const auto got = d.post("/exceptions", body("", R"("query","condition":"host:(a")"));
    BOOST_TEST(got.faults() == "condition");
    BOOST_TEST(got.refused->detail.find("(character ") != std::string::npos, got.refused->detail);
}

BOOST_AUTO_TEST_CASE(a_sigma_filter_is_a_document_or_only_its_searches) {
    domain d;
    const auto with = [&](const std::string& yaml) {
        return d.post("/exceptions", body("", R"("sigma_filter","condition":")" + yaml + "\""));
    };
    BOOST_TEST(with(R"(selection:\n  User: svc\ncondition: selection\n)").faults() == "");
    BOOST_TEST(
        with(
            R"(title: t\nlogsource: {product: windows}\nfilter:\n  rules: any\n  s: {User|startswith: adm_}\n  condition: not s\n)")
            .faults() == "");
    const auto rule = with(R"(title: t\nlogsource: {product: windows}\ndetection:\n  s: {a: b}\n  condition: s\n)");
    BOOST_TEST(rule.faults() == "condition");
    BOOST_TEST(rule.refused->detail.find("not a filter") != std::string::npos, rule.refused->detail);
    const auto unknown = with(R"(s:\n  a|sounds: b\ncondition: s\n)");
    BOOST_REQUIRE(is(unknown, problem_code::invalid));
    BOOST_TEST(unknown.refused->faults.at(0).line == 2);
    BOOST_TEST(unknown.refused->detail.find("line 2, column ") != std::string::npos, unknown.refused->detail);
    BOOST_TEST(with("s: {a: b}").faults() == "condition");
    BOOST_TEST(with("just text").faults() == "condition");
    BOOST_TEST(with("a: *x").faults() == "condition");
}

BOOST_AUTO_TEST_CASE(what_a_condition_is_changes_together_with_it) {
    domain d;
    d.post("/exceptions", body(R"(,"id":"e")"));
    BOOST_TEST(d.patch("/exceptions/e", R"({"condition":"b"})").faults() == "condition_type");
    BOOST_TEST(d.patch("/exceptions/e", R"({"condition_type":"sigma_filter"})").faults() == "condition");
    const auto changed =
        d.patch("/exceptions/e", R"({"condition_type":"sigma_filter","condition":"s: {a: b}\ncondition: s"})");
    BOOST_TEST(changed.text("/condition_type") == "sigma_filter");
    BOOST_TEST(d.count("SELECT count(*) FROM exceptions WHERE tree IS NOT NULL") == 1);
    d.patch("/exceptions/e", R"({"condition_type":"query","condition":"a"})");
    BOOST_TEST(d.count("SELECT count(*) FROM exceptions WHERE tree IS NOT NULL") == 0);
}

BOOST_AUTO_TEST_CASE(a_rule_must_exist_and_takes_its_exceptions_along) {
    domain d;
    add_rule(d, "r");
    BOOST_TEST(d.post("/exceptions", body(R"(,"rule_id":"none")")).faults() == "rule_id");
    d.post("/exceptions", body(R"(,"id":"own","rule_id":"r","tags":["x"],"description":"zebra")"));
    d.post("/exceptions", body(R"(,"id":"all")"));
    BOOST_TEST(!d.remove("/rules/r").refused.has_value());
    BOOST_TEST(ids(d.get("/exceptions")) == "all");
    BOOST_TEST(d.count("SELECT count(*) FROM exceptions_tags") == 0);
    BOOST_TEST(ids(d.get("/exceptions", {{"q", "zebra"}})) == "");
}

BOOST_AUTO_TEST_CASE(the_foreign_key_is_a_real_one) {
    domain d;
    const auto done = d.write([](carrel::write_session& session) {
        return session.execute(
            "INSERT INTO exceptions(id, version, created_at, updated_at, name, rule_id, type, "
            "condition_type, enabled, priority, hit_count, tags, condition) "
            "VALUES ('e', 1, 0, 0, 'n', 'none', 0, 1, 1, 1, 0, '[]', 'a')");
    });
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error() == carrel::sqlite_errc::constraint_foreign_key));
}

BOOST_AUTO_TEST_CASE(those_that_apply_to_a_rule_come_in_order_of_priority) {
    domain d;
    add_rule(d, "r");
    add_rule(d, "other");
    d.post("/exceptions", body(R"(,"id":"second","rule_id":"r","priority":20)"));
    d.post("/exceptions", body(R"(,"id":"first","priority":10,"expires_at":"2999-01-01T00:00:00Z")"));
    d.post("/exceptions", body(R"(,"id":"third","rule_id":"r","priority":30)"));
    d.post("/exceptions", body(R"(,"id":"off","rule_id":"r","enabled":false)"));
    d.post("/exceptions", body(R"(,"id":"past","expires_at":"2001-01-01T00:00:00Z")"));
    d.post("/exceptions", body(R"(,"id":"others","rule_id":"other")"));
    BOOST_TEST(ids(d.get("/rules/r/exceptions")) == "first second third");
    BOOST_TEST(ids(d.get("/rules/other/exceptions")) == "first others");
    BOOST_TEST(ids(d.get("/rules/r/exceptions", {{"global", "false"}})) == "second third");
    BOOST_TEST(is(d.get("/rules/none/exceptions"), problem_code::not_found));
    BOOST_TEST(is(d.get("/rules/r/exceptions", {{"nope", "1"}}), problem_code::bad_request));
    const auto page = d.get("/rules/r/exceptions", {{"limit", "2"}});
    BOOST_TEST(ids(page) == "first second");
    const std::string next = page.text("/next");
    BOOST_TEST(ids(d.get("/rules/r/exceptions", {{"cursor", next}})) == "third");
    BOOST_TEST(is(d.get("/rules/other/exceptions", {{"cursor", next}}), problem_code::bad_request));
}

BOOST_AUTO_TEST_CASE(the_clock_tells_what_has_expired) {
    domain d;
    d.post("/exceptions", body(R"(,"id":"past","expires_at":"2001-01-01T00:00:00Z")"));
    d.post("/exceptions", body(R"(,"id":"later","expires_at":"2999-01-01T00:00:00Z")"));
    d.post("/exceptions", body(R"(,"id":"ever")"));
    BOOST_TEST(d.get("/exceptions/past").at("/expired").as_bool());
    BOOST_TEST(!d.get("/exceptions/later").at("/expired").as_bool());
    BOOST_TEST(!d.get("/exceptions/ever").at("/expired").as_bool());
    BOOST_TEST(ids(d.get("/exceptions", {{"expired", "true"}})) == "past");
    BOOST_TEST(ids(d.get("/exceptions", {{"expired", "false"}, {"sort", "expires_at"}})) == "ever later");
    BOOST_TEST(d.patch("/exceptions/past", R"({"expires_at":null})").at("/expired").as_bool() == false);
}

BOOST_AUTO_TEST_CASE(filters_and_orders_find_what_they_name) {
    domain d;
    add_rule(d, "r");
    d.post("/exceptions", body(R"(,"id":"a","rule_id":"r","tags":["x","y"],"priority":3,"description":"Backup host")"));
    d.post("/exceptions", body(R"(,"id":"b","enabled":false,"tags":["y"],"priority":2)"));
    d.post("/exceptions", R"({"id":"c","name":"scanner","type":"modify_severity","new_severity":"low","priority":1,)"
                          R"("condition_type":"sigma_filter","condition":"s: {a: b}\ncondition: s"})");
    BOOST_TEST(ids(d.get("/exceptions")) == "c b a");
    BOOST_TEST(ids(d.get("/exceptions", {{"sort", "-priority"}})) == "a b c");
    BOOST_TEST(ids(d.get("/exceptions", {{"rule_id", "r"}})) == "a");
    BOOST_TEST(ids(d.get("/exceptions", {{"global", "true"}})) == "c b");
    BOOST_TEST(ids(d.get("/exceptions", {{"enabled", "false"}})) == "b");
    BOOST_TEST(ids(d.get("/exceptions", {{"type", "modify_severity"}})) == "c");
    BOOST_TEST(ids(d.get("/exceptions", {{"condition_type", "query"}, {"tag", "y"}})) == "b a");
    BOOST_TEST(ids(d.get("/exceptions", {{"tag", "x"}})) == "a");
    BOOST_TEST(ids(d.get("/exceptions", {{"q", "backup"}})) == "a");
    BOOST_TEST(ids(d.get("/exceptions", {{"q", "name:scanner"}})) == "c");
    BOOST_TEST(d.get("/exceptions/count", {{"type", "suppress"}}).at("/count").as_int64() == 2);
    BOOST_TEST(d.get("/exceptions", {{"type", "other"}}).faults() == "type");
    for (const char* sort : {"created_at", "updated_at", "name", "hit_count", "last_hit_at", "expires_at"})
        BOOST_TEST(d.get("/exceptions", {{"sort", sort}}).at("/items").as_array().size() == 3u);
}

BOOST_AUTO_TEST_CASE(hits_are_counted_by_the_server_alone) {
    domain d;
    d.post("/exceptions", body(R"(,"id":"e")"));
    d.now += 1'000'000;
    const auto once = d.post("/exceptions/e/hits", "{}");
    BOOST_TEST(once.at("/hit_count").as_int64() == 1);
    BOOST_TEST(once.text("/last_hit_at") == "2023-11-14T22:13:21.000000Z");
    BOOST_TEST(once.reply.version == 2);
    d.now -= 1'000'000;
    const auto again = d.post("/exceptions/e/hits", R"({"count":41})");
    BOOST_TEST(again.at("/hit_count").as_int64() == 42);
    BOOST_TEST(again.text("/last_hit_at") == "2023-11-14T22:13:21.000000Z");
    for (const char* wrong : {R"({"count":0})", R"({"count":1.5})", R"({"count":"1"})", R"({"count":1000000001})"})
        BOOST_TEST(d.post("/exceptions/e/hits", wrong).faults() == "count");
    BOOST_TEST(d.post("/exceptions/e/hits", R"({"more":1})").faults() == "more");
    BOOST_TEST(is(d.post("/exceptions/none/hits", "{}"), problem_code::not_found));
    BOOST_TEST(d.patch("/exceptions/e", R"({"hit_count":7})").faults() == "hit_count");
}

BOOST_AUTO_TEST_CASE(changes_keep_to_versions_and_a_whole_takes_a_whole_s_place) {
    domain d;
    d.post("/exceptions", body(R"(,"id":"e","priority":5)"));
    const auto stale = d.patch("/exceptions/e", R"({"priority":6})", [](call& request) {
        request.conditions.if_match = carrel::siem::version_list{false, {7}};
    });
    BOOST_TEST(is(stale, problem_code::stale_version));
    const auto whole = d.send(method::put, "/exceptions/e", body(), {});
    BOOST_TEST(whole.at("/priority").as_int64() == 100);
    BOOST_TEST(whole.reply.version == 2);
    BOOST_TEST(d.send(method::put, "/exceptions/e", body(R"(,"id":"f")"), {}).faults() == "id");
    BOOST_TEST((d.remove("/exceptions/e").reply.kind == outcome::no_content));
    BOOST_TEST(is(d.get("/exceptions/e"), problem_code::not_found));
    BOOST_TEST(is(d.remove("/exceptions/e"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(many_are_made_changed_and_deleted_each_with_its_own_result) {
    domain d;
    const auto made =
        d.post("/exceptions/bulk", R"({"action":"create","items":[)" + body(R"(,"id":"a")") + "," +
                                       body("", R"("query","condition":"(")") + "," + body(R"(,"id":"b")") + "]}");
    BOOST_TEST(made.at("/succeeded").as_int64() == 2);
    BOOST_TEST(made.at("/failed").as_int64() == 1);
    const auto patched =
        d.post("/exceptions/bulk", R"({"action":"patch","ids":["a","b","c"],"patch":{"enabled":false}})");
    BOOST_TEST(patched.at("/succeeded").as_int64() == 2);
    BOOST_TEST(ids(d.get("/exceptions", {{"enabled", "false"}})) == "a b");
    const auto all_or_none = d.post("/exceptions/bulk", R"({"action":"delete","ids":["a","c"],"atomic":true})");
    BOOST_TEST(all_or_none.faults() == "ids[1]");
    BOOST_TEST(d.post("/exceptions/bulk", R"({"action":"delete","ids":["a","b"]})").at("/succeeded").as_int64() == 2);
    BOOST_TEST(d.get("/exceptions/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
