// An archive whose directory is unmounted, moved or removed while commits are made, and what becomes of it when one is there again.
#include "commit_archive/block_reader.hpp"
#include "support/archived.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

namespace carrel::testing {
namespace {

namespace fs = std::filesystem;

std::vector<commits::commit> all_in(const commits::generation& all) {
    std::vector<commits::commit> found;
    for (const auto& each : all.files) {
        auto reader = commits::block_reader::open(each.path).value();
        for (auto one = reader.next().value(); one; one = reader.next().value())
            found.insert(found.end(), one->commits.begin(), one->commits.end());
    }
    return found;
}

std::uint64_t commits_in(const commits::generation& all) { return all_in(all).size(); }

// Those whose time nobody noted.
std::uint64_t estimated_in(const commits::generation& all) {
    const auto found = all_in(all);
    return static_cast<std::uint64_t>(std::ranges::count_if(
        found, [](const auto& each) { return each.flags == commits::commit::time_is_estimated; }));
}

// An archive with a base and some notes, in which notes go on while it is away.
struct away {
    explicit away(std::function<void(commits::archive_settings&, options&)> change = {})
        : d(std::move(change)) {
        BOOST_TEST_REQUIRE(d.has_base());
        note(3);
        BOOST_TEST_REQUIRE(d.has_archived(last));
    }
    void note(int count) {
        for (int i = 0; i < count; ++i) {
            last = d.note(++notes);
            expected += (notes > 1 ? "," : "") + std::to_string(notes);
            ledger[last] = expected;
        }
    }
    void leave() {
        fs::rename(d.archive(), elsewhere());
        BOOST_TEST_REQUIRE(eventually([&] { return !d.archiver().counts().is_up; }));
    }
    // As a disk that is mounted again: other inodes, the same content.
    void bring_back_a_copy() {
        fs::copy(elsewhere(), d.directory.file("copy"), fs::copy_options::recursive);
        fs::rename(d.directory.file("copy"), d.archive());
    }
    bool is_up() {
        return eventually([&] { return d.archiver().counts().is_up && d.archiver().archived().sequence >= last; });
    }
    void check_each_commit() {
        for (const auto& [sequence, text] : ledger)
            BOOST_TEST(restored_notes(d.archive(), at_commit(sequence)) == text);
    }
    std::string elsewhere() const { return d.directory.file("elsewhere"); }

    archived d;
    std::int64_t notes = 0;
    std::uint64_t last = 0;
    std::string expected;
    std::map<std::uint64_t, std::string> ledger;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_archive_away)

BOOST_AUTO_TEST_CASE(a_directory_that_comes_back_is_gone_on_with) {
    away a;
    for (int round = 0; round < 3; ++round) {
        a.leave();
        a.note(30);  // more than a checkpoint waits for
        BOOST_TEST(!fs::exists(a.d.archive()));
        fs::rename(a.elsewhere(), a.d.archive());
        BOOST_TEST_REQUIRE(a.is_up());
        a.note(2);
    }
    BOOST_TEST_REQUIRE(a.is_up());
    const auto counts = a.d.archiver().counts();
    BOOST_TEST(counts.gaps == 0u);
    BOOST_TEST(a.d.lines().find("it was unmounted, moved or removed, and is not made anew") != std::string::npos);
    a.d.close();
    BOOST_TEST_REQUIRE(a.d.catalogue().size() == 1u);
    // And one that marks the file as closed.
    BOOST_TEST(commits_in(a.d.catalogue().back()) == counts.commits + 1);
    a.check_each_commit();
}

// Also between a write and the look whether it is where it belongs.
BOOST_AUTO_TEST_CASE(one_that_is_moved_while_it_is_written_lacks_nothing) {
    away a([](auto& kept, auto&) { kept.interval = std::chrono::milliseconds(1); });
    for (int round = 0; round < 150; ++round) {
        a.note(1);
        fs::rename(a.d.archive(), a.elsewhere());
        a.note(1);
        fs::rename(a.elsewhere(), a.d.archive());
    }
    BOOST_TEST_REQUIRE(a.is_up());
    const auto counts = a.d.archiver().counts();
    BOOST_TEST_REQUIRE(counts.gaps == 0u, a.d.lines());
    a.d.close();
    BOOST_TEST_REQUIRE(a.d.catalogue().size() == 1u);
    BOOST_TEST(commits_in(a.d.catalogue().back()) == counts.commits + 1);
    BOOST_TEST(estimated_in(a.d.catalogue().back()) == 0u);
    BOOST_TEST(restored_notes(a.d.archive(), {}) == a.expected);
}

BOOST_AUTO_TEST_CASE(what_is_put_back_is_gone_on_with_if_it_holds_what_was_archived) {
    away a;
    a.leave();
    a.note(30);
    a.bring_back_a_copy();
    BOOST_TEST_REQUIRE(a.is_up());
    a.note(2);
    BOOST_TEST_REQUIRE(a.is_up());
    const auto counts = a.d.archiver().counts();
    BOOST_TEST(counts.gaps == 0u);
    // It is held as the one before was.
    commits::archive_settings same;
    same.directory = a.d.archive();
    BOOST_TEST((commits::archiver::open(same).error() == errc::database_in_use));
    a.d.close();
    BOOST_TEST_REQUIRE(a.d.catalogue().size() == 1u);
    BOOST_TEST(commits_in(a.d.catalogue().back()) == counts.commits + 1);
    a.check_each_commit();
}

BOOST_AUTO_TEST_CASE(one_that_lacks_what_was_archived_is_gone_on_with_after_a_gap) {
    away a;
    fs::copy(a.d.archive(), a.d.directory.file("older"), fs::copy_options::recursive);
    a.note(2);
    BOOST_TEST_REQUIRE(a.d.has_archived(a.last));
    a.leave();
    fs::rename(a.d.directory.file("older"), a.d.archive());
    BOOST_TEST_REQUIRE(eventually([&] { return a.d.archiver().archived().generation == 2; }));
    BOOST_TEST(a.d.archiver().counts().gaps == 1u);
    BOOST_TEST_REQUIRE(a.d.has_base());
    a.note(1);
    a.d.close();
    BOOST_TEST(a.d.catalogue().front().ended.find("does not hold what was archived last") != std::string::npos);
    BOOST_TEST(restored_notes(a.d.archive(), {}) == a.expected);
}

BOOST_AUTO_TEST_CASE(an_empty_one_begins_a_new_generation) {
    away a;
    fs::rename(a.d.archive(), a.elsewhere());
    fs::remove_all(a.elsewhere());
    BOOST_TEST_REQUIRE(eventually([&] { return a.d.archiver().counts().failures > 2; }));
    a.note(2);
    BOOST_TEST(!fs::exists(a.d.archive()));
    BOOST_TEST(a.d.archiver().counts().gaps == 0u);
    fs::create_directory(a.d.archive());
    BOOST_TEST_REQUIRE(eventually([&] { return a.d.archiver().archived().generation == 2; }));
    BOOST_TEST(a.d.archiver().counts().gaps == 1u);
    BOOST_TEST_REQUIRE(a.d.has_base());
    a.note(2);
    BOOST_TEST_REQUIRE(a.is_up());
    a.d.close();
    BOOST_TEST(restored_notes(a.d.archive(), {}) == a.expected);
}

BOOST_AUTO_TEST_CASE(one_that_another_server_has_is_left_alone) {
    away a;
    a.leave();
    commits::archive_settings others;
    others.directory = a.d.directory.file("others");
    auto other = commits::archiver::open(others).value();
    fs::rename(others.directory, a.d.archive());  // with its lock held: who finds it without one takes it
    BOOST_TEST_REQUIRE(
        eventually([&] { return a.d.lines().find("is the archive of another server") != std::string::npos; }));
    a.note(2);
    BOOST_TEST(a.d.catalogue().empty());
    fs::rename(a.d.archive(), others.directory);
    other.reset();
    fs::rename(a.elsewhere(), a.d.archive());
    BOOST_TEST_REQUIRE(a.is_up());
    BOOST_TEST(a.d.archiver().counts().gaps == 0u);
    a.d.close();
    a.check_each_commit();
}

BOOST_AUTO_TEST_CASE(one_that_is_away_for_too_long_is_gone_on_with_after_a_gap) {
    away a([](auto& kept, auto&) { kept.behind_bytes = 60'000; });
    const auto kept = a.last;
    a.leave();
    while (a.d.archiver().counts().gaps == 0 && a.notes < 10'000) a.note(1);
    BOOST_TEST(!fs::exists(a.d.archive()));
    fs::rename(a.elsewhere(), a.d.archive());
    BOOST_TEST_REQUIRE(eventually([&] { return a.d.archiver().archived().generation == 2; }));
    BOOST_TEST_REQUIRE(a.d.has_base());
    a.note(1);
    BOOST_TEST_REQUIRE(a.is_up());
    BOOST_TEST(a.d.archiver().counts().gaps == 1u);
    a.d.close();
    const auto first = a.d.catalogue().front();
    BOOST_TEST(first.ended.find("too far behind") != std::string::npos);
    BOOST_TEST(!first.files.back().is_open);
    BOOST_TEST(restored_notes(a.d.archive(), at_commit(kept)) == a.ledger[kept]);
    BOOST_TEST(restored_notes(a.d.archive(), {}) == a.expected);
}

BOOST_AUTO_TEST_CASE(a_stop_while_it_is_away_leaves_the_rest_to_the_next_start) {
    away a;
    a.leave();
    a.note(5);
    a.d.close();
    BOOST_TEST(!fs::exists(a.d.archive()));
    fs::rename(a.elsewhere(), a.d.archive());
    a.d.open();
    a.note(1);
    a.d.close();
    BOOST_TEST(a.d.catalogue().size() == 1u);
    a.check_each_commit();
}

// Such as a file of it that somebody moves by mistake, and back.
BOOST_AUTO_TEST_CASE(a_lock_that_is_removed_is_taken_again) {
    away a;
    fs::remove(a.d.archive() + "/lock");
    a.note(3);
    BOOST_TEST_REQUIRE(eventually([&] { return fs::exists(a.d.archive() + "/lock"); }));
    BOOST_TEST_REQUIRE(a.is_up());
    BOOST_TEST(a.d.archiver().counts().gaps == 0u);
    a.d.close();
    BOOST_TEST(a.d.catalogue().size() == 1u);
    a.check_each_commit();
}

// What a power loss leaves of one that has begun in the middle of a log, and of which nothing but that was synced.
BOOST_AUTO_TEST_CASE(a_generation_without_a_commit_is_gone_on_with) {
    archived d;
    BOOST_TEST_REQUIRE(d.has_base());
    d.close();
    d.open_without_archive();
    for (std::int64_t n = 1; n <= 5; ++n) d.note(n);
    const auto database = text_of(d.path()), log = text_of(d.path() + "-wal");
    d.store.reset();
    put_text(d.path(), database);
    put_text(d.path() + "-wal", log);
    d.open();
    BOOST_TEST_REQUIRE(d.catalogue().size() == 2u);
    d.close();
    const auto generation = d.catalogue().back();
    const auto first = generation.files.front();
    auto reader = commits::block_reader::open(first.path).value();
    BOOST_TEST_REQUIRE(reader.next().value()->commits.empty());
    const auto begun = text_of(first.path).substr(0, reader.position());
    for (const auto& each : fs::directory_iterator(generation.path)) fs::remove(each.path());
    put_text(first.path + ".open", begun);
    put_text(d.path(), database);
    put_text(d.path() + "-wal", log);
    d.open();
    BOOST_TEST_REQUIRE(d.archiver().counts().gaps == 0u, d.lines());
    BOOST_TEST(d.archiver().archived().generation == 2u);
    BOOST_TEST_REQUIRE(d.has_base());
    const auto last = d.note(6);
    d.close();
    BOOST_TEST(d.catalogue().size() == 2u);
    BOOST_TEST(restored_notes(d.archive(), at_commit(last)) == "1,2,3,4,5,6");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
