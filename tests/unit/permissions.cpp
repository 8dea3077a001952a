#include "access/permission.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace carrel::access;

namespace {

permission_set permissions_of(std::string_view role) {
    for (const auto& each : built_in_roles())
        if (each.name == role) return each.permissions;
    BOOST_FAIL("no role of this name");
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(permissions)

BOOST_AUTO_TEST_CASE(each_permission_is_found_by_its_name) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < permission_count; ++i) {
        const auto each = static_cast<permission>(i);
        BOOST_TEST((permission_named(name_of(each)) == each));
        names.insert(name_of(each));
    }
    BOOST_TEST(names.size() == permission_count);
    for (const auto* wrong : {"", "read", "read:", "read:event", "read:eventss", "READ:EVENTS", " read:events"})
        BOOST_TEST(!permission_named(wrong), wrong);
    BOOST_TEST(name_of(static_cast<permission>(permission_count)) == "");
}

// They are in databases by then.
BOOST_AUTO_TEST_CASE(the_numbers_never_change) {
    BOOST_TEST(static_cast<int>(permission::read_events) == 0);
    BOOST_TEST(static_cast<int>(permission::alert_acknowledge) == 5);
    BOOST_TEST(static_cast<int>(permission::read_iocs) == 12);
    BOOST_TEST(static_cast<int>(permission::admin_system) == 22);
    BOOST_TEST(permission_set::of({permission::read_events, permission::read_alerts}).mask() == 9u);
}

BOOST_AUTO_TEST_CASE(a_set_has_what_was_added) {
    static_assert(permission_set::of({permission::read_rules}).has(permission::read_rules));
    static_assert(permission_set().is_empty() && permission_set::all().has(permission::admin_system));
    auto set = permission_set::of({permission::write_rules, permission::read_events});
    BOOST_TEST(!set.has(permission::read_rules));
    set.add(permission::read_rules);
    set.remove(permission::write_rules);
    BOOST_TEST((set.names() == std::vector<std::string_view>{"read:events", "read:rules"}));
    BOOST_TEST((set & permission_set::of({permission::read_rules, permission::admin_system})).mask() ==
               permission_set::of({permission::read_rules}).mask());
    BOOST_TEST(permission_set::all().names().size() == permission_count);
    BOOST_TEST((permission_set::from_mask(~std::uint64_t{0}) == permission_set::all()));
    BOOST_TEST(set.has_all({}));
    BOOST_TEST(!permission_set().has_all(set));
}

BOOST_AUTO_TEST_CASE(each_role_may_do_all_that_the_one_before_it_may) {
    const auto roles = built_in_roles();
    BOOST_TEST(roles.size() == 4u);
    for (std::size_t i = 1; i < roles.size(); ++i) {
        BOOST_TEST(roles[i].permissions.has_all(roles[i - 1].permissions), roles[i].name);
        BOOST_TEST((roles[i].permissions != roles[i - 1].permissions), roles[i].name);
    }
}

BOOST_AUTO_TEST_CASE(a_viewer_reads_and_nothing_else) {
    for (const auto name : permissions_of("viewer").names()) BOOST_TEST(name.starts_with("read:"), name);
    BOOST_TEST(permissions_of("viewer").names().size() == 8u);
    BOOST_TEST(!permissions_of("viewer").has(permission::read_users));
}

BOOST_AUTO_TEST_CASE(only_an_admin_sees_users_and_deletes_events) {
    using enum permission;
    const auto kept = permission_set::of({read_users, write_users, delete_events, admin_system});
    BOOST_TEST((permissions_of("engineer") & kept).is_empty());
    BOOST_TEST(((permissions_of("engineer") | kept) == permission_set::all()));
    BOOST_TEST((permissions_of("admin") == permission_set::all()));
    BOOST_TEST(!permissions_of("analyst").has(write_rules));
    BOOST_TEST(permissions_of("analyst").has(alert_disposition));
}

BOOST_AUTO_TEST_SUITE_END()
