// The archive of commits beside a database: what is restored, after what.
#include "commit_archive/file.hpp"
#include "commit_archive/retention.hpp"
#include "support/archived.hpp"

#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

namespace carrel::testing {
namespace {

using commits::restore_point;

// "1,2,…,n"
std::string up_to(std::int64_t n) {
    std::string text;
    for (std::int64_t i = 1; i <= n; ++i) text += (i > 1 ? "," : "") + std::to_string(i);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_archive)

BOOST_AUTO_TEST_CASE(each_commit_can_be_restored_to) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    std::map<std::uint64_t, std::int64_t> ledger;
    for (std::int64_t n = 1; n <= 60; ++n) ledger[d.note(n)] = n;
    BOOST_TEST_REQUIRE(d.has_archived(ledger.rbegin()->first));
    BOOST_TEST(d.store->stats().writer.checkpoints > 2u);  // the log began anew meanwhile
    for (const auto& [sequence, n] : ledger) BOOST_TEST(restored_notes(d.archive(), at_commit(sequence)) == up_to(n));
    BOOST_TEST(restored_notes(d.archive(), {}) == up_to(60));
    const auto base = d.catalogue().back().bases.front().sequence, last = ledger.rbegin()->first;
    const temp_directory place;
    const auto done = commits::restore(d.archive(), at_commit(last), place.file("counted.db"), {});
    BOOST_TEST(done->commits == last - base);
    BOOST_TEST(d.archiver().counts().gaps == 0u);
}

BOOST_AUTO_TEST_CASE(a_time_restores_to_the_last_commit_before_it) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    for (std::int64_t n = 1; n <= 9; ++n) d.note(n);
    d.close();
    const auto generation = d.catalogue().back();
    // The last number is also that of the commit that marks the file as closed.
    for (auto sequence = commits::last_commit(generation).value()->sequence - 1; sequence > 2; sequence -= 2) {
        const auto time = commits::time_of(generation, sequence).value();
        BOOST_TEST_REQUIRE(time.has_value());
        const auto by_time = restored_notes(d.archive(), {restore_point::kind::time, 0, *time});
        const auto before = restored_notes(d.archive(), {restore_point::kind::time, 0, *time - 1});
        BOOST_TEST(by_time == restored_notes(d.archive(), at_commit(sequence)));
        BOOST_TEST(before == restored_notes(d.archive(), at_commit(sequence - 1)));
    }
}

BOOST_AUTO_TEST_CASE(a_restart_leaves_no_gap) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    std::map<std::uint64_t, std::int64_t> ledger;
    for (std::int64_t n = 1; n <= 12; ++n) {
        ledger[d.note(n)] = n;
        if (n % 4 != 0) continue;
        d.close();
        d.open();
    }
    d.close();
    BOOST_TEST(d.catalogue().size() == 1u);
    for (const auto& [sequence, n] : ledger) BOOST_TEST(restored_notes(d.archive(), at_commit(sequence)) == up_to(n));
}

BOOST_AUTO_TEST_CASE(what_was_not_archived_begins_a_new_generation) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    const auto first = d.note(1);
    d.close();
    d.open_without_archive();
    const auto missed = d.note(2);
    d.store.reset();
    d.open();
    BOOST_TEST_REQUIRE(d.has_base());
    const auto last = d.note(3);
    d.close();
    const auto all = d.catalogue();
    BOOST_TEST_REQUIRE(all.size() == 2u);
    BOOST_TEST(all.front().ended.find("changed while it was not archived") != std::string::npos);
    BOOST_TEST(restored_notes(d.archive(), at_commit(first)) == "1");
    BOOST_TEST(restored_notes(d.archive(), at_commit(last)) == "1,2,3");
    BOOST_TEST(restored_notes(d.archive(), at_commit(missed)) == "1,2");  // the new generation begins there
}

BOOST_AUTO_TEST_CASE(a_file_that_was_rebuilt_begins_a_new_generation) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    for (std::int64_t n = 1; n <= 5; ++n) d.note(n);
    d.close();
    d.open_without_archive();
    (void)d.store->async_vacuum(as_result(boost::asio::use_future)).get();
    d.store.reset();
    d.open();
    BOOST_TEST_REQUIRE(d.has_base());
    d.note(6);
    // While commits are followed nobody rebuilds it.
    BOOST_TEST((d.store->async_vacuum(as_result(boost::asio::use_future)).get().error() == errc::invalid_option));
    d.close();
    BOOST_TEST(d.catalogue().size() == 2u);
    BOOST_TEST(restored_notes(d.archive(), {}) == up_to(6));
}

BOOST_AUTO_TEST_CASE(an_archive_that_falls_behind_leaves_a_gap_and_begins_again) {
    archived d([](auto& kept, auto& wanted) {
        kept.interval = std::chrono::hours(1);
        kept.behind_bytes = 60'000;
        wanted.checkpoint_frames = 100'000;
    });
    BOOST_TEST_REQUIRE(d.has_base());
    const auto lost = d.note(1);
    std::int64_t n = 1;
    while (d.archiver().counts().gaps == 0 && n < 10'000) d.note(++n);
    BOOST_TEST_REQUIRE(eventually([&] { return d.catalogue().size() == 2; }));
    BOOST_TEST_REQUIRE(d.has_base());
    const auto last = d.note(++n);
    d.close();
    BOOST_TEST(d.catalogue().front().ended.find("too far behind") != std::string::npos);
    BOOST_TEST(restored_notes(d.archive(), at_commit(lost)).find("is in a gap: generation 1 ends with") !=
               std::string::npos);
    BOOST_TEST(restored_notes(d.archive(), at_commit(last)) == up_to(n));
    BOOST_TEST(commits::list_archive(d.archive())->find("\ngap\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_taken_away_leaves_a_gap_and_begins_again) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    BOOST_TEST_REQUIRE(d.has_archived(d.note(1)));
    std::filesystem::remove_all(d.catalogue().back().path);
    d.note(2);
    BOOST_TEST_REQUIRE(eventually([&] { return d.archiver().counts().gaps == 1; }));
    BOOST_TEST(d.lines().find("there is a gap after commit") != std::string::npos);
    BOOST_TEST_REQUIRE(eventually([&] { return d.catalogue().size() == 1; }));
    BOOST_TEST(d.catalogue().back().number == 2u);
    BOOST_TEST_REQUIRE(d.has_base());
    const auto last = d.note(3);
    d.close();
    BOOST_TEST(restored_notes(d.archive(), at_commit(last)) == "1,2,3");
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_moved_is_noticed_without_a_commit) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    const auto first = d.note(1);
    BOOST_TEST_REQUIRE(d.has_archived(first));
    const auto elsewhere = d.directory.file("elsewhere");
    std::filesystem::rename(d.archive(), elsewhere);
    BOOST_TEST_REQUIRE(eventually([&] { return d.archiver().counts().failures > 0; }));
    BOOST_TEST(d.archiver().counts().gaps == 0u);
    std::filesystem::create_directory(d.archive());
    BOOST_TEST_REQUIRE(eventually([&] { return d.archiver().archived().generation == 2; }));
    BOOST_TEST(d.archiver().counts().gaps == 1u);
    BOOST_TEST_REQUIRE(d.has_base());
    const auto last = d.note(2);
    d.close();
    BOOST_TEST(restored_notes(d.archive(), at_commit(last)) == "1,2");
    BOOST_TEST(restored_notes(elsewhere, at_commit(first)) == "1");
}

BOOST_AUTO_TEST_CASE(points_that_are_not_there_are_refused) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    const auto base = d.catalogue().back().bases.front();
    const auto last = d.note(1);
    d.close();
    const auto reason = [&](const restore_point& to) { return restored_notes(d.archive(), to); };
    if (base.sequence > 0)
        BOOST_TEST(reason(at_commit(base.sequence - 1)).find("is before the first base") != std::string::npos);
    BOOST_TEST(
        reason(at_commit(last + 1)).find("is after the end of the archive, which is commit " + std::to_string(last)) !=
        std::string::npos);
    BOOST_TEST(reason({restore_point::kind::time, 0, base.time - 1'000'000}).find("before the first base") !=
               std::string::npos);
    BOOST_TEST(reason({restore_point::kind::time, 0, base.time + 3'600'000'000}).find("after the end") !=
               std::string::npos);
    const temp_directory place;
    const auto target = place.file("there.db");
    plain_sqlite(target).run("CREATE TABLE kept(x)");
    const auto refused = commits::restore(d.archive(), {}, target, {});
    BOOST_TEST_REQUIRE(!refused);
    BOOST_TEST(refused.error().diagnostic() == target + " exists");
    BOOST_TEST(plain_sqlite(target).text("SELECT count(*) FROM kept") == "0");
}

BOOST_AUTO_TEST_CASE(what_came_after_the_point_of_a_restore_can_still_be_restored) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    const auto first = d.note(1);
    d.note(2);
    const auto undone = d.note(3);
    d.close();
    const auto restored = d.directory.file("restored.db");
    BOOST_TEST_REQUIRE(!!commits::restore(d.archive(), at_commit(first), restored, {}));
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(d.path() + suffix);
    std::filesystem::rename(restored, d.path());
    d.open();
    BOOST_TEST_REQUIRE(d.has_base());
    const auto other = d.note(20);
    d.close();
    BOOST_TEST(other < undone);
    BOOST_TEST(d.catalogue().front().ended.find("it was restored, or is another one") != std::string::npos);
    // Of two commits with one number it is the later one.
    BOOST_TEST(restored_notes(d.archive(), at_commit(other)) == "1,20");
    BOOST_TEST(restored_notes(d.archive(), at_commit(undone)) == "1,2,3");
    BOOST_TEST(restored_notes(d.archive(), {}) == "1,20");
    BOOST_TEST(restored_notes(d.archive(), at_commit(undone + 1)).find("after the end") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_killed_restore_left_is_replaced_unless_it_goes_on) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    d.note(1);
    d.close();
    const temp_directory place;
    const auto target = place.file("restored.db");
    auto left = commits::file::create(target + ".partial").value();
    BOOST_TEST(left.write(0, "half").has_value());
    BOOST_TEST(left.lock().has_value());
    const auto beside = commits::restore(d.archive(), {}, target, {});
    BOOST_TEST_REQUIRE(!beside);
    BOOST_TEST(beside.error().diagnostic() == "another process writes " + target + ".partial");
    left.close();
    BOOST_TEST(!!commits::restore(d.archive(), {}, target, {}));
    BOOST_TEST(plain_sqlite(target).text("SELECT count(*) FROM note") == "1");
    const auto refused = commits::restore(d.archive(), {}, target + "-wal", {});
    BOOST_TEST_REQUIRE(!refused);
    BOOST_TEST(refused.error().diagnostic().find("would count as a part of") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_restore_says_how_far_it_is_and_may_be_broken_off) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    for (int i = 0; i < 20; ++i) d.note(i);
    d.close();
    const temp_directory place;
    const auto target = place.file("restored.db");
    std::vector<double> read;
    const auto broken_off = commits::restore(
        d.archive(), {}, target, {[&](double done) { read.push_back(done); }, [&] { return read.size() == 2; }});
    BOOST_TEST_REQUIRE(!broken_off);
    BOOST_TEST((broken_off.error() == errc::cancelled));
    BOOST_TEST(std::filesystem::is_empty(place.path()));
    read.clear();
    BOOST_TEST(!!commits::restore(d.archive(), {}, target, {[&](double done) { read.push_back(done); }, {}}));
    BOOST_TEST(std::ranges::is_sorted(read));
    BOOST_TEST(read.size() > 2u);
    BOOST_TEST(read.back() == 1.0);
}

BOOST_AUTO_TEST_CASE(a_command_that_hangs_is_logged_and_shown) {
    archived d([](auto& kept, auto&) {
        kept.command.words = {"/usr/bin/tail", "-f", "/dev/null", "%p"};
        kept.command.noted_after = std::chrono::milliseconds(20);
    });
    BOOST_TEST_REQUIRE(d.has_base());
    const auto line = "/usr/bin/tail has not taken " + d.catalogue().back().bases.front().path + ".zst for ";
    BOOST_TEST_REQUIRE(eventually([&] { return d.lines().find(line) != std::string::npos; }));
    BOOST_TEST(d.lines().find(" s; it is ended after 3600 s", d.lines().find(line)) != std::string::npos);
    const auto before = d.archiver().counts().command_microseconds;
    BOOST_TEST(before >= 20'000);
    BOOST_TEST(eventually([&] { return d.archiver().counts().command_microseconds > before; }));
    BOOST_TEST(d.has_archived(d.note(1)));
    const auto lines = d.lines();
    BOOST_TEST(lines.find(line) == lines.rfind(line));
    d.close();  // ends it
    BOOST_TEST(restored_notes(d.archive(), {}) == "1");
}

BOOST_AUTO_TEST_CASE(an_archive_belongs_to_one_server) {
    archived d;
    commits::archive_settings same;
    same.directory = d.archive();
    BOOST_TEST((commits::archiver::open(same).error() == errc::database_in_use));
}

BOOST_AUTO_TEST_CASE(old_files_go_and_what_is_kept_can_be_restored) {
    archived d([](auto& kept, auto&) {
        kept.base_every = std::chrono::seconds(1);
        kept.file_bytes = 1;  // a file a block
    });
    BOOST_TEST_REQUIRE(d.has_base());
    std::int64_t n = 0;
    BOOST_TEST_REQUIRE(eventually([&] {
        BOOST_TEST_REQUIRE(d.has_archived(d.note(++n, 10)));
        return d.catalogue().back().bases.size() > 2;
    }));
    d.close();
    const auto before = d.catalogue().back();
    const auto& kept = before.bases.back();
    BOOST_TEST(commits::drop_before(d.archive(), kept.time, false).value() > 2u);
    const auto after = d.catalogue().back();
    BOOST_TEST(after.bases.size() == 1u);
    BOOST_TEST(after.files.size() < before.files.size());
    BOOST_TEST(restored_notes(d.archive(), {}) == up_to(n));
    BOOST_TEST(restored_notes(d.archive(), at_commit(kept.sequence)).find(up_to(n - 1).substr(0, 3)) == 0u);
    BOOST_TEST(restored_notes(d.archive(), at_commit(kept.sequence - 1)).find("before the first base") !=
               std::string::npos);
    // What the command has not taken stays.
    BOOST_TEST(commits::drop_before(d.archive(), kept.time + 3'600'000'000, true).value() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
