#include "resource/operation.hpp"

#include "siem/migrations.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

using namespace carrel::siem;

BOOST_AUTO_TEST_SUITE(operation_table)

namespace {
boost::json::value parsed(std::string_view text) { return boost::json::parse({text.data(), text.size()}); }
}  // namespace

BOOST_AUTO_TEST_CASE(every_operation_of_the_contract_is_there_once) {
    std::set<std::string> found;
    for (const operation& each : operations()) {
        constexpr const char* names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
        BOOST_TEST(found.insert(std::string(names[static_cast<int>(each.method)]) + " " + each.path).second, each.path);
    }
    const std::set<std::string> expected = {"POST /events",
                                            "GET /events",
                                            "GET /events/{id}",
                                            "GET /events/count",
                                            "GET /events/histogram",
                                            "GET /events/top",
                                            "GET /events/values",
                                            "GET /events/stats",
                                            "GET /events/{id}/around",
                                            "POST /events/get",
                                            "GET /events/feed",
                                            "DELETE /events",
                                            "GET /events/deletions",
                                            "GET /events/deletions/{id}",
                                            "POST /alerts",
                                            "GET /alerts",
                                            "GET /alerts/{id}",
                                            "PATCH /alerts/{id}",
                                            "DELETE /alerts/{id}",
                                            "POST /alerts/{id}/status",
                                            "GET /alerts/{id}/history",
                                            "GET /alerts/count",
                                            "GET /alerts/stats"};
    for (const std::string& each : expected) BOOST_TEST(found.contains(each), each);
}

BOOST_AUTO_TEST_CASE(every_operation_can_be_run_and_has_a_name_of_its_own) {
    std::set<std::string> ids;
    for (const operation& each : operations()) {
        BOOST_TEST(ids.insert(each.id).second, each.id);
        BOOST_TEST(!each.summary.empty());
        BOOST_TEST((each.check != nullptr));
        const bool runs = each.read != nullptr || each.write != nullptr;
        BOOST_TEST(runs != (each.body == body_kind::event_stream), each.id);
    }
}

BOOST_AUTO_TEST_CASE(all_schemas_are_json) {
    for (const operation& each : operations()) {
        if (each.success != outcome::no_content) BOOST_TEST(parsed(each.reply_schema).is_object(), each.id);
        for (const auto* list : {&each.parameters, &each.fields})
            for (const field_doc& doc : *list)
                BOOST_TEST(parsed(doc.json_schema).is_object(), each.id << " " << doc.name);
    }
    std::set<std::string> names;
    for (const auto& [name, schema] : schemas()) {
        names.insert(name);
        BOOST_TEST(parsed(schema).at("properties").at("id").is_object());
    }
    for (const char* name : {"alert", "event", "event_deletion", "rule"}) BOOST_TEST(names.contains(name), name);
}

BOOST_AUTO_TEST_CASE(migrations_are_numbered_without_a_gap) {
    int expected = 0;
    for (const auto& step : migrations()) {
        BOOST_TEST(step.number == ++expected);
        BOOST_TEST(!step.sql.empty());
    }
    BOOST_TEST(expected > 0);
}

BOOST_AUTO_TEST_SUITE_END()
