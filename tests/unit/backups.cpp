// Names of copies, which of them have served their time, and who makes them.
#include "background/backup_folder.hpp"
#include "background/backup_service.hpp"
#include "background/worker.hpp"
#include "support/domain.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace carrel;
using namespace carrel::testing;

namespace {

constexpr siem::timestamp day = siem::timestamp{86'400} * 1'000'000;

siem::timestamp at(std::string_view text) { return siem::parse_time(text).value(); }

std::vector<std::string> days(int from, int to) {
    std::vector<std::string> names;
    for (int i = from; i <= to; ++i) names.push_back(siem::backup_name(at("2026-11-01T00:00:00Z") + i * day));
    return names;
}

siem::backup_request wanted(std::string id, std::string name = {}, std::optional<siem::backup_retention> kept = {}) {
    siem::backup_request made;
    made.id = std::move(id);
    made.name = std::move(name);
    made.kept = kept;
    return made;
}

// A service whose copies are small files, made when the test lets them.
struct service_fixture {
    service_fixture() { open(settings()); }
    siem::backup_settings settings() {
        siem::backup_settings made;
        made.directory = folder.path();
        made.kept.copies = 2;
        made.copy = [this](const std::string& path, const backup_options& given) -> result<backup_report> {
            std::ofstream(path + ".partial") << "half";
            while (!may_end && !given.should_stop()) std::this_thread::yield();
            std::filesystem::remove(path + ".partial");
            if (!may_end) return error(errc::cancelled);
            if (fails) return error(errc::no_directory, "the disk is full");
            std::ofstream(path) << "copy";
            if (cancels_when_made) service->cancel("a", "ada");
            backup_report report;
            report.bytes = 4;
            report.commit_sequence = 7;
            return report;
        };
        made.read_facts = [](const std::string&) { return siem::copy_facts{7, 1}; };
        made.note = [this](const std::vector<siem::audit_entry>& entries) -> result<void> {
            if (cannot_note) return error(errc::no_directory, "the disk is full");
            if (cancels_when_noted) answered = service->cancel("a", "ada")->state;
            const std::lock_guard lock(mutex);
            noted.insert(noted.end(), entries.begin(), entries.end());
            return {};
        };
        return made;
    }
    ~service_fixture() { siem::set_backups_in_force(nullptr); }
    void open(siem::backup_settings settings) {
        service = siem::backup_service::open(std::move(settings)).value();
        siem::set_backups_in_force(service);
    }
    /// Copies of these days of November.
    void make_copies_of(int from, int to) {
        for (const auto& name : days(from, to)) std::ofstream(folder.file(name)) << "old";
    }
    siem::backup_run ended(const std::string& id) {
        BOOST_TEST_REQUIRE(eventually([&] { return service->find(id)->finished_at.has_value(); }));
        return *service->find(id);
    }
    std::vector<siem::audit_entry> audited() {
        const std::lock_guard lock(mutex);
        return noted;
    }
    temp_directory folder;
    std::atomic<bool> may_end{false}, fails{false}, cannot_note{false};
    std::atomic<bool> cancels_when_made{false}, cancels_when_noted{false};
    std::atomic<siem::backup_state> answered{siem::backup_state::waiting};
    std::mutex mutex;
    std::vector<siem::audit_entry> noted;  // guarded by mutex
    std::shared_ptr<siem::backup_service> service;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(backups)

BOOST_AUTO_TEST_CASE(a_name_says_when_and_is_read_back) {
    const auto then = at("2026-11-27T05:12:09.900000Z");
    BOOST_TEST(siem::backup_name(then) == "carrel-20261127T051209Z.db");
    BOOST_TEST(siem::backup_name(then, 2) == "carrel-20261127T051209Z-2.db");
    for (const int number : {1, 2, 11})
        BOOST_TEST(siem::time_in_backup_name(siem::backup_name(then, number)).value() == at("2026-11-27T05:12:09Z"));
    for (const char* other :
         {"carrel.db", "carrel-20261127T051209Z", "carrel-20261127T051209Z.db.partial", "carrel-20261327T051209Z.db",
          "carrel-20261127T051209Z-1.db", "carrel-20261127T051209Z-02.db", "carrel-20261127T051209Z-.db",
          "carrel-2026112T7051209Z.db", "Carrel-20261127T051209Z.db", "x-carrel-20261127T051209Z.db"})
        BOOST_TEST(!siem::time_in_backup_name(other).has_value(), other);
}

BOOST_AUTO_TEST_CASE(a_name_that_somebody_gives_stays_in_the_folder) {
    for (const char* good : {"a.db", "before-upgrade_2.0.db", "carrel.db", "9.db"})
        BOOST_TEST(siem::fault_in_backup_name(good).empty(), good);
    for (const std::string& bad :
         {std::string(), std::string(".db"), std::string("a"), std::string("a/b.db"), std::string("../a.db"),
          std::string(".a.db"), std::string("-a.db"), std::string("a b.db"), std::string("a\0.db", 5),
          std::string(98, 'x') + ".db", std::string("carrel-20261127T051209Z.db")})
        BOOST_TEST(!siem::fault_in_backup_name(bad).empty(), bad);
}

BOOST_AUTO_TEST_CASE(what_goes_is_old_and_named_by_its_time) {
    const auto now = at("2026-11-11T00:00:00Z");
    auto all = days(1, 10);
    all.insert(all.begin(), {"mine.db", "carrel.db", "carrel-20200101T000000Z.db.partial"});
    BOOST_TEST(siem::surplus_backups(all, {}, now).empty());
    BOOST_TEST(siem::surplus_backups(all, {3, 0}, now) == days(1, 7), boost::test_tools::per_element());
    BOOST_TEST(siem::surplus_backups(all, {0, 4}, now) == days(1, 5), boost::test_tools::per_element());
    // What is within either stays.
    BOOST_TEST(siem::surplus_backups(all, {8, 4}, now) == days(1, 2), boost::test_tools::per_element());
    BOOST_TEST(siem::surplus_backups(all, {2, 4}, now) == days(1, 5), boost::test_tools::per_element());
    // The newest never goes, however old.
    BOOST_TEST(siem::surplus_backups(days(1, 1), {0, 1}, now + 1000 * day).empty());
    // Those of one second by their number.
    std::vector<std::string> same;
    for (int i = 1; i <= 11; ++i) same.push_back(siem::backup_name(now, i));
    BOOST_TEST(siem::surplus_backups(same, {1, 0}, now).size() == 10u);
    BOOST_TEST(siem::surplus_backups(same, {1, 0}, now).back() == siem::backup_name(now, 10));
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_later_time_neither_goes_nor_counts) {
    // The clock was ahead when the last two were made.
    const auto now = at("2026-11-09T12:00:00Z");
    BOOST_TEST(siem::surplus_backups(days(1, 10), {1, 0}, now) == days(1, 7), boost::test_tools::per_element());
    BOOST_TEST(siem::surplus_backups(days(1, 10), {3, 0}, now) == days(1, 5), boost::test_tools::per_element());
    BOOST_TEST(siem::surplus_backups(days(9, 10), {1, 0}, now).empty());
}

BOOST_AUTO_TEST_CASE(one_is_made_at_a_time_and_the_same_request_is_one) {
    service_fixture f;
    siem::backup_run made;
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST((f.service->start(wanted("b"), made) == siem::backup_refusal::one_runs));
    f.may_end = true;
    BOOST_TEST((f.ended("a").state == siem::backup_state::succeeded));
    BOOST_TEST(f.ended("a").sequence == 7);
    BOOST_TEST(!f.service->start(wanted("b", "mine.db"), made).has_value());
    BOOST_TEST(f.ended("b").name == "mine.db");
    BOOST_TEST((f.service->start(wanted("c", "mine.db"), made) == siem::backup_refusal::name_taken));
    BOOST_TEST(f.service->counts().succeeded == 2u);
    BOOST_TEST(f.service->copies().size() == 2u);
}

BOOST_AUTO_TEST_CASE(one_that_is_cancelled_ends_and_the_next_does_not) {
    service_fixture f;
    siem::backup_run made;
    BOOST_TEST(!f.service->cancel("a", "ada").has_value());
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST((f.service->cancel("a", "ada")->state < siem::backup_state::succeeded));
    BOOST_TEST_REQUIRE(f.service->cancel("a", "bob").has_value());
    BOOST_TEST((f.ended("a").state == siem::backup_state::cancelled));
    BOOST_TEST(f.ended("a").detail == "cancelled by ada");
    BOOST_TEST((f.service->cancel("a", "ada")->state == siem::backup_state::cancelled));
    BOOST_TEST(f.service->counts().failed == 0u);
    f.may_end = true;
    BOOST_TEST(!f.service->start(wanted("b"), made).has_value());
    BOOST_TEST((f.ended("b").state == siem::backup_state::succeeded));
    BOOST_TEST((f.service->cancel("b", "ada")->state == siem::backup_state::succeeded));
    BOOST_TEST(!f.service->start(wanted("c"), made).has_value());
    BOOST_TEST((f.ended("c").state == siem::backup_state::succeeded));
}

BOOST_AUTO_TEST_CASE(one_that_is_cancelled_after_the_last_look_at_it_leaves_nothing) {
    service_fixture f;
    f.make_copies_of(1, 5);
    siem::backup_run made;
    f.may_end = f.cancels_when_made = true;
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST((f.ended("a").state == siem::backup_state::cancelled));
    BOOST_TEST(f.ended("a").detail == "cancelled by ada");
    BOOST_TEST(f.service->copies().size() == 5u);
    BOOST_TEST(f.audited().empty());
}

BOOST_AUTO_TEST_CASE(one_for_which_old_ones_go_can_no_longer_be_cancelled) {
    service_fixture f;
    f.make_copies_of(1, 5);
    siem::backup_run made;
    f.may_end = f.cancels_when_noted = true;
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST((f.ended("a").state == siem::backup_state::succeeded));
    BOOST_TEST((f.answered == siem::backup_state::succeeded));
    BOOST_TEST(f.service->copies().size() == 2u);
    f.cancels_when_noted = f.may_end = false;
    BOOST_TEST(!f.service->start(wanted("b"), made).has_value());
    BOOST_TEST((f.service->cancel("b", "ada")->state < siem::backup_state::succeeded));
    BOOST_TEST((f.ended("b").state == siem::backup_state::cancelled));
}

BOOST_AUTO_TEST_CASE(old_ones_go_only_once_the_new_one_is_there) {
    service_fixture f;
    f.make_copies_of(1, 5);
    siem::backup_run made;
    f.fails = f.may_end = true;
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST((f.ended("a").state == siem::backup_state::failed));
    BOOST_TEST(f.ended("a").detail == "the disk is full");
    BOOST_TEST(f.service->copies().size() == 5u);
    f.fails = false;
    BOOST_TEST(!f.service->start(wanted("b"), made).has_value());
    BOOST_TEST(f.ended("b").removed == days(1, 4), boost::test_tools::per_element());
    BOOST_TEST(f.service->copies().size() == 2u);
    BOOST_TEST(!f.service->start(wanted("c", "", siem::backup_retention{1, 0}), made).has_value());
    BOOST_TEST(f.ended("c").removed.size() == 2u);
    BOOST_TEST(f.service->counts().failed == 1u);
}

BOOST_AUTO_TEST_CASE(what_no_request_does_is_in_the_audit_log) {
    service_fixture f;
    f.make_copies_of(1, 3);
    f.may_end = true;
    siem::backup_run made;
    auto by_ann = wanted("a", "", siem::backup_retention{3, 0});
    by_ann.created_by = "ann";
    BOOST_TEST(!f.service->start(by_ann, made).has_value());
    BOOST_TEST(f.ended("a").removed == days(1, 1), boost::test_tools::per_element());
    // The request has an entry of its own; what goes by its `keep`, goes by its caller.
    BOOST_TEST_REQUIRE(f.audited().size() == 1u);
    BOOST_TEST(f.audited()[0].principal == "ann");
    BOOST_TEST(f.audited()[0].action == "delete_backup");
    BOOST_TEST(f.audited()[0].target == "/admin/backups/" + days(1, 1)[0]);
    BOOST_TEST(f.audited()[0].detail == R"({"backup":"a"})");
    BOOST_TEST(!f.service->start(wanted("b"), made).has_value());
    BOOST_TEST(f.ended("b").removed.size() == 2u);
    BOOST_TEST_REQUIRE(f.audited().size() == 3u);
    BOOST_TEST(f.audited()[2].principal == "system");
}

BOOST_AUTO_TEST_CASE(a_backup_of_the_schedule_is_in_the_audit_log_before_it_is_made) {
    service_fixture f;
    f.service.reset();
    siem::set_backups_in_force(nullptr);
    auto settings = f.settings();
    settings.every = std::chrono::hours(24);
    f.open(std::move(settings));
    BOOST_TEST_REQUIRE(eventually([&] { return f.audited().size() == 1; }));
    const auto entry = f.audited()[0];
    BOOST_TEST(f.service->counts().succeeded == 0u);
    BOOST_TEST(entry.principal == "system");
    BOOST_TEST(entry.action == "begin_backup");
    BOOST_TEST((entry.outcome == siem::audit_outcome::done));
    f.may_end = true;
    BOOST_TEST(eventually([&] { return f.service->counts().succeeded == 1; }));
    const auto name = f.service->copies().at(0).name;
    BOOST_TEST(entry.detail == R"({"name":")" + name + "\"}");
    BOOST_TEST(f.service->find(entry.target.substr(entry.target.rfind('/') + 1))->name == name);
    BOOST_TEST(f.audited().size() == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_goes_that_cannot_be_noted) {
    service_fixture f;
    f.make_copies_of(1, 5);
    f.may_end = f.cannot_note = true;
    siem::backup_run made;
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    BOOST_TEST((f.ended("a").state == siem::backup_state::succeeded));
    BOOST_TEST(f.ended("a").removed.empty());
    BOOST_TEST(f.service->copies().size() == 6u);
    f.cannot_note = false;
    BOOST_TEST(!f.service->start(wanted("b"), made).has_value());
    BOOST_TEST(f.ended("b").removed.size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_new_copy_stays_beside_one_that_is_named_by_a_later_time) {
    service_fixture f;
    f.may_end = true;
    const auto later = siem::backup_name(siem::wall_clock() + 365 * day);
    std::ofstream(f.folder.file(later)) << "later";
    siem::backup_run made;
    BOOST_TEST(!f.service->start(wanted("a", "", siem::backup_retention{1, 0}), made).has_value());
    const auto run = f.ended("a");
    BOOST_TEST(run.removed.empty());
    BOOST_TEST(f.service->copy(run.name).has_value());
    BOOST_TEST(f.service->copy(later).has_value());
}

BOOST_AUTO_TEST_CASE(a_schedule_does_not_wait_for_a_clock_that_was_set_back) {
    service_fixture f;
    f.may_end = true;
    f.service.reset();
    siem::set_backups_in_force(nullptr);
    std::ofstream(f.folder.file(siem::backup_name(siem::wall_clock() + 365 * day))) << "later";
    f.open(f.settings());
    BOOST_TEST(f.service->counts().last_success_at == 0);
    siem::set_backups_in_force(nullptr);
    auto settings = f.settings();
    settings.every = std::chrono::hours(24);
    f.open(std::move(settings));
    BOOST_TEST(eventually([&] { return f.service->counts().succeeded == 1; }));
    BOOST_TEST(f.service->copies().size() == 2u);
}

BOOST_AUTO_TEST_CASE(one_is_due_when_its_time_has_come_or_cannot_be_meant) {
    BOOST_TEST(!siem::is_backup_due(99, 100, 60));
    BOOST_TEST(siem::is_backup_due(100, 100, 60));
    BOOST_TEST(!siem::is_backup_due(40, 100, 60));
    BOOST_TEST(siem::is_backup_due(39, 100, 60));
    BOOST_TEST(!siem::is_backup_due(1'000, 100, 0));
}

BOOST_AUTO_TEST_CASE(an_end_breaks_it_off_and_what_is_left_is_removed) {
    service_fixture f;
    siem::backup_run made;
    BOOST_TEST(!f.service->start(wanted("a"), made).has_value());
    f.service->stop();
    BOOST_TEST(f.service->find("a")->detail == "the server stopped");
    BOOST_TEST((f.service->start(wanted("b"), made) == siem::backup_refusal::stopping));
    BOOST_TEST(std::filesystem::is_empty(f.folder.path()));
    for (const char* name : {"mine.db.partial", ".removed-mine.db", "carrel-20261127T051209Z.db.partial", "x.partial",
                             "notes.txt.partial", ".removed-notes.txt"})
        std::ofstream(f.folder.file(name)) << "left";
    siem::remove_left_overs(f.folder.path());
    std::set<std::string> left;
    for (const auto& each : std::filesystem::directory_iterator(f.folder.path())) left.insert(each.path().filename());
    BOOST_TEST(left == std::set<std::string>({"x.partial", "notes.txt.partial", ".removed-notes.txt"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(operations_begin_tell_and_remove) {
    service_fixture f;
    domain d;
    const auto begun = d.post("/admin/backup", R"({"name":"mine.db","keep":3})");
    BOOST_TEST((begun.reply.kind == siem::outcome::accepted));
    const auto id = begun.text("/id");
    BOOST_TEST(begun.reply.location == "/api/v1/admin/backup/" + id);
    BOOST_TEST(is(d.post("/admin/backup", "{}"), siem::problem_code::conflict));
    f.may_end = true;
    f.ended(id);
    BOOST_TEST(d.get("/admin/backup/" + id).text("/state") == "succeeded");
    BOOST_TEST(is(d.get("/admin/backup/none"), siem::problem_code::not_found));
    for (const char* body : {R"({"name":"../x.db"})", R"({"name":"x"})", R"({"keep":0})", R"({"keep_days":-1})"})
        BOOST_TEST(is(d.post("/admin/backup", body), siem::problem_code::invalid), body);
    BOOST_TEST(d.get("/admin/backups").text("/items/0/name") == "mine.db");
    BOOST_TEST(d.get("/admin/backups/mine.db/download").reply.body == "copy");
    BOOST_TEST(is(d.get("/admin/backups/none.db/download"), siem::problem_code::not_found));
    BOOST_TEST(is(d.remove("/admin/backups/none.db"), siem::problem_code::not_found));
    const auto folder = f.folder.file("folder.db"), link = f.folder.file("link.db");
    std::filesystem::create_directory(folder);
    std::filesystem::create_symlink("mine.db", link);
    for (const char* name : {"folder.db", "link.db"})
        BOOST_TEST(is(d.remove("/admin/backups/" + std::string(name)), siem::problem_code::not_found), name);
    BOOST_TEST(std::filesystem::remove(folder));
    BOOST_TEST(std::filesystem::remove(link));
    BOOST_TEST(!d.remove("/admin/backups/mine.db").refused.has_value());
    BOOST_TEST(d.get("/admin/backups").at("/items").as_array().empty());
    BOOST_TEST(eventually([&] { return std::filesystem::is_empty(f.folder.path()); }));
    siem::set_backups_in_force(nullptr);
    BOOST_TEST(is(d.post("/admin/backup", "{}"), siem::problem_code::conflict));
}

BOOST_AUTO_TEST_SUITE_END()
