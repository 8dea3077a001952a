#include "resource/state_machine.hpp"
#include "siem/alert_status.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <string>

using namespace carrel::siem;

BOOST_AUTO_TEST_SUITE(alert_rules)

namespace {

std::int64_t place(alert_status of) { return static_cast<std::int64_t>(of); }

}  // namespace

BOOST_AUTO_TEST_CASE(exactly_these_changes_of_status_are_allowed) {
    const std::map<std::string, std::set<std::string>> expected = {
        {"pending", {"acknowledged", "closed", "dismissed", "false_positive"}},
        {"acknowledged", {"investigating", "closed", "dismissed", "false_positive"}},
        {"investigating", {"resolved", "escalated", "closed", "dismissed", "false_positive"}},
        {"resolved", {"closed"}},
        {"escalated", {"closed"}},
        {"dismissed", {"closed"}},
        {"false_positive", {"closed"}},
        {"closed", {}},
    };
    for (std::size_t from = 0; from < alert_statuses.size(); ++from)
        for (std::size_t to = 0; to < alert_statuses.size(); ++to) {
            const bool allowed =
                expected.at(std::string(alert_statuses[from])).count(std::string(alert_statuses[to])) > 0;
            BOOST_TEST(is_allowed(alert_transitions, std::int64_t(from), std::int64_t(to)) == allowed,
                       alert_statuses[from] << " -> " << alert_statuses[to]);
        }
}

BOOST_AUTO_TEST_CASE(what_is_allowed_can_be_told) {
    BOOST_TEST(allowed_after(alert_transitions, alert_statuses, place(alert_status::resolved)) == "closed");
    BOOST_TEST(allowed_after(alert_transitions, alert_statuses, place(alert_status::pending)) ==
               "acknowledged, dismissed, false_positive, closed");
    BOOST_TEST(allowed_after(alert_transitions, alert_statuses, place(alert_status::closed)) == "nothing");
}

BOOST_AUTO_TEST_CASE(severities_ascend) {
    BOOST_TEST(severities.front() == "informational");
    BOOST_TEST(severities.back() == "critical");
}

BOOST_AUTO_TEST_SUITE_END()
