// Everything that a disk may hold of a database and of its archive after the power went: what restore makes of it, and the server
// that goes on.
#include "commit_archive/retention.hpp"
#include "crash/archive_history.hpp"
#include "support/harness.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

using namespace carrel;
using namespace carrel::testing;

namespace {

namespace fs = std::filesystem;

struct tally {
    std::uint64_t cycles = 0, commits = 0, images = 0, torn = 0, without_base = 0, broken_writes = 0;
    std::uint64_t archive_ahead = 0, database_ahead = 0, ended = 0, went_on = 0, gaps = 0, restores = 0, violations = 0;
};

std::vector<std::uint32_t> generations_in(const std::string& root) {
    std::vector<std::uint32_t> numbers;
    if (const auto all = commits::read_catalogue(archive_host::archive_of(root)))
        for (const auto& each : *all) numbers.push_back(each.number);
    return numbers;
}

bool has_base(const std::string& root, std::uint32_t generation) {
    const auto all = commits::read_catalogue(archive_host::archive_of(root));
    if (!all) return false;
    const auto found = std::ranges::find(*all, generation, &commits::generation::number);
    return found != all->end() && !found->bases.empty();
}

class harness {
public:
    harness(std::uint64_t seed, std::uint64_t images_a_cycle, bool is_quiet)
        : random_(seed),
          images_a_cycle_(images_a_cycle),
          is_quiet_(is_quiet) {}

    void always_make_gaps() { always_gaps_ = true; }
    void leave_out_syncs(std::function<bool(std::string_view)> which) { left_out_ = std::move(which); }
    const tally& found() const noexcept { return found_; }

    // A new database and its archive, then some power losses, each on what the one before left.
    void run_chain(std::uint64_t images_max, std::uint64_t violations_max) {
        constexpr int cycles = 3;
        const temp_directory place(fast_directory());
        power_cycle cycle;
        cycle.is_all_full = random_() % 2 == 0;
        note_table notes;
        ++chains_;
        fs::create_directories(place.file("live-0/database"));
        for (int i = 0; i < cycles && found_.images < images_max; ++i) {
            const auto root = place.file("live-" + std::to_string(i));
            where_ = "chain " + std::to_string(chains_) + ", cycle " + std::to_string(i) + ", ";
            disk_recorder recorder(root);
            recorder.leave_out_syncs(left_out_);
            try {
                live(recorder, root, cycle, notes);
            } catch (const std::exception& e) {
                complain(std::string("while it ran: ") + e.what());
            }
            recorder.stop();
            ++found_.cycles;
            for (std::uint64_t n = 0; n < images_a_cycle_ && found_.images < images_max; ++n) {
                check_image(recorder, cycle, place.file("image"), n == 0);
                if (found_.violations >= violations_max) return;
            }
            if (i + 1 < cycles && !begin_next(recorder, cycle, place.file("live-" + std::to_string(i + 1)))) return;
        }
    }

private:
    void complain(const std::string& what) {
        ++found_.violations;
        if (!is_quiet_) std::cout << "violation: " << where_ << what << std::endl;
    }

    // -- while the power is on ---

    // What the generations were that are no longer written, and what the database holds.
    void take_over(archive_host& host, const std::vector<std::uint32_t>& before, power_cycle& cycle,
                   note_table& notes) {
        for (const auto each : before)
            if (each != host.archived().generation) cycle.of_ended.try_emplace(each, cycle.of_database);
        const auto sequence = host.sequence();
        notes.load(host.store());
        if (notes.content() != cycle.of_database.at(sequence))
            complain("at commit " + std::to_string(sequence) + " the database holds " + notes.content());
        cycle.of_database.end_at(sequence);
    }

    std::uint64_t change(archive_host& host, power_cycle& cycle, note_table& notes, bool is_full) {
        const auto done =
            host.store()
                .write(notes.next(random_), {.durability = is_full ? durability::full : durability::normal})
                .value();
        cycle.of_database.add(done.sequence, notes.content());
        ++cycle.commits;
        return done.sequence;
    }

    static void report(disk_recorder& recorder, const archive_host& host, power_cycle& cycle, std::uint64_t full) {
        auto next = cycle.reports.empty() ? reported() : cycle.reports.back();
        const auto now = host.archived();
        next.generation = now.generation;
        next.archived = now.sequence;
        if (const auto base = host.base_generation(); base > next.base_generation) {
            next.base_generation = base;
            next.archived_there = 0;
        }
        if (next.base_generation == now.generation) next.archived_there = now.sequence;
        next.acknowledged = std::max(next.acknowledged, full);
        if (!cycle.reports.empty() && next == cycle.reports.back()) return;
        cycle.reports.push_back(next);
        recorder.note(cycle.reports.size());
    }

    void live(disk_recorder& recorder, const std::string& root, power_cycle& cycle, note_table& notes) {
        if (!cycle.reports.empty()) {
            cycle.reports = {cycle.reports.back()};
            recorder.note(1);
        }
        const auto before = generations_in(root);
        auto setup = host_setup::any(random_);
        setup.has_gaps = always_gaps_ || random_() % 4 == 0;
        cycle.has_gaps = cycle.has_gaps || setup.has_gaps;
        auto host = std::make_unique<archive_host>(root, setup);
        take_over(*host, before, cycle, notes);
        const auto first = host->archived().generation;
        auto seen = first;
        if (random_() % 4 != 0) (void)eventually([&] { return has_base(root, host->archived().generation); });
        for (auto left = 20 + random_() % 100; left > 0; --left) {
            if (random_() % 50 == 0) {
                host.reset();
                host = std::make_unique<archive_host>(root, setup);
            }
            if (random_() % 50 == 0) (void)commits::drop_before(archive_host::archive_of(root), INT64_MAX, false);
            const bool is_full = cycle.is_all_full || random_() % 2 == 0;
            const auto sequence = change(*host, cycle, notes, is_full);
            if (random_() % 5 == 0 && !host->has_archived(sequence)) complain("a commit is not archived in time");
            report(recorder, *host, cycle, is_full ? sequence : 0);
            if (const auto now = host->archived().generation;
                setup.has_gaps && now != 0 && std::exchange(seen, now) != now)
                (void)eventually([&] { return has_base(root, host->archived().generation); });
        }
        found_.gaps += setup.has_gaps && host->archived().generation != first ? 1 : 0;
        if (!setup.has_gaps && host->archived().generation != first)
            complain("a new generation began while the power was on:\n" + host->lines());
        // It stops while it is recorded, too.
    }

    // -- after the power went ---

    void check_image(const disk_recorder& recorder, const power_cycle& cycle, const std::string& root, bool is_end) {
        const auto count = recorder.events().size();
        const auto cut = is_end ? count : any_cut(recorder);
        const auto what = static_cast<loss>(random_() % 4);
        const auto image = recorder.after_power_loss(cut, what, random_);
        const auto last = cycle.reported_at(recorder, cut);
        const auto outer = where_;
        where_ += "cut " + std::to_string(cut) + " of " + std::to_string(count) + ", loss " +
                  std::to_string(static_cast<int>(what)) + ": ";
        fs::remove_all(root);
        write_image(image, root);
        ++found_.images;
        found_.torn += what == loss::torn || what == loss::names_first ? 1 : 0;
        try {
            (void)check_restores(cycle, last, root);
            carry_on(cycle, last, root);
        } catch (const std::exception& e) {
            complain(e.what());
        }
        where_ = outer;
    }

    // Every second one after a change of names, of which there are few, and many of those after a base got its description.
    std::size_t any_cut(const disk_recorder& recorder) {
        const auto& events = recorder.events();
        const auto at = random_() % events.size();
        if (random_() % 2 == 0) return at + 1;
        const bool after_base = random_() % 2 == 0;
        const auto next = std::find_if(
            events.begin() + static_cast<std::ptrdiff_t>(at), events.end(),
            [&](const auto& each) { return after_base ? each.new_name.ends_with(".json") : changes_names(each); });
        return next == events.end() ? events.size() : static_cast<std::size_t>(next - events.begin()) + 1;
    }

    std::optional<commits::restored> restored(const std::string& root, const commits::restore_point& to,
                                              std::string& content) {
        const temp_directory place(fast_directory());
        const auto target = place.file("restored.db");
        const auto done = commits::restore(archive_host::archive_of(root), to, target, {});
        ++found_.restores;
        content = done ? note_table::content_of(target) : done.error().diagnostic();
        return done ? std::optional(*done) : std::nullopt;
    }

    // The commits up to some point, exactly, and at least those that were reported as archived.
    std::optional<commits::restored> check_restores(const power_cycle& cycle, const reported& last,
                                                    const std::string& root) {
        const auto archive = archive_host::archive_of(root);
        if (fs::exists(archive))
            if (const auto list = commits::list_archive(archive); !list)
                complain("no list: " + list.error().diagnostic());
        std::string content;
        const auto latest = restored(root, {}, content);
        if (!latest) {
            const bool says_why = content.find("holds no base yet") != content.npos || !fs::exists(archive);
            if (last.base_generation != 0 || !says_why) complain("nothing is restored: " + content);
            ++found_.without_base;
            return std::nullopt;
        }
        found_.broken_writes += latest->note.empty() ? 0 : 1;
        const auto reached =
            "commit " + std::to_string(latest->sequence) + " of generation " + std::to_string(latest->generation);
        if (std::pair(latest->generation, latest->sequence) < std::pair(last.base_generation, last.archived_there))
            complain("commit " + std::to_string(last.archived_there) + " of generation " +
                     std::to_string(last.base_generation) + " was archived, and what is restored is " + reached);
        if (content != cycle.of(latest->generation).at(latest->sequence))
            complain(reached + " is restored as " + content);
        const auto all = commits::read_catalogue(archive).value();
        const auto from = std::ranges::find(all, latest->generation, &commits::generation::number);
        const auto first = from->bases.front().sequence;
        const auto point = first + random_() % (latest->sequence - first + 1);
        const auto earlier = restored(root, at_commit(point), content);
        if (!earlier || earlier->sequence != point || content != cycle.of(earlier->generation).at(point))
            complain("commit " + std::to_string(point) + " is restored as " + content);
        return latest;
    }

    // The server comes back, writes, and archives: nothing is missing, and a history that was undone is not gone on with.
    void carry_on(power_cycle cycle, const reported& last, const std::string& root) {
        fs::create_directories(root + "/database");
        const auto before = generations_in(root);
        std::optional<archive_host> host(std::in_place, root, host_setup::any(random_));
        note_table notes;
        const auto sequence = host->sequence();
        const auto generation = host->archived().generation;
        if (sequence < last.acknowledged)
            complain("acknowledged commit " + std::to_string(last.acknowledged) + " is lost");
        take_over(*host, before, cycle, notes);
        found_.archive_ahead += last.generation == generation || last.archived <= sequence ? 0 : 1;
        found_.database_ahead += last.generation == generation && last.archived < sequence ? 1 : 0;
        const bool went_on = !before.empty() && before.back() == generation;
        ++(went_on ? found_.went_on : found_.ended);
        if (!went_on && cycle.is_all_full && !cycle.has_gaps && last.generation != 0)
            complain("nothing was undone, and the generation ended:\n" + host->lines());
        if (generation == 0) complain("nothing is archived:\n" + host->lines());
        auto end = sequence;
        for (auto left = 1 + random_() % 5; left > 0; --left) end = change(*host, cycle, notes, true);
        if (!host->has_archived(end) || !eventually([&] { return has_base(root, generation); }))
            complain("the archive does not go on:\n" + host->lines());
        const auto lines = host->lines();
        if (host->archived().generation != generation) complain("it went on with a gap:\n" + lines);
        host.reset();
        std::string content;
        const auto latest = restored(root, {}, content);
        if (!latest || latest->generation != generation || latest->sequence != end || content != notes.content())
            complain("commit " + std::to_string(end) + " of generation " + std::to_string(generation) +
                     " is restored as " + content + "\n" + lines);
    }

    // One of the images is what the next cycle begins with.
    bool begin_next(const disk_recorder& recorder, power_cycle& cycle, const std::string& root) {
        const auto count = recorder.events().size();
        const auto cut = count / 4 + random_() % (count - count / 4);
        write_image(recorder.after_power_loss(cut, static_cast<loss>(random_() % 4), random_), root);
        auto last = cycle.reported_at(recorder, cut);
        const auto before = found_.violations;
        const auto latest = check_restores(cycle, last, root);
        if (latest) last.base_generation = latest->generation;
        if (latest) last.archived_there = latest->sequence;
        cycle.reports = {last};
        return latest && found_.violations == before;
    }

    std::mt19937_64 random_;
    const std::uint64_t images_a_cycle_;
    const bool is_quiet_;
    std::function<bool(std::string_view)> left_out_;
    bool always_gaps_ = false;
    std::uint64_t chains_ = 0;
    std::string where_;
    tally found_;
};

// Syncs that the archive must not leave out, by the paths that they are of.
using path_test = std::function<bool(std::string_view path)>;
struct omission {
    const char* of_what;
    path_test is_left_out;
    bool needs_gaps = false;  // most generations are begun when a database is opened, which archives something at once
};

bool is_generation(std::string_view path) { return path.starts_with("archive/0") && path.ends_with('/'); }

std::vector<omission> omissions() {
    const auto has = [](std::string_view part) {
        return [part](std::string_view path) { return path.find(part) != path.npos; };
    };
    const auto is = [](std::string_view wanted) { return [wanted](std::string_view path) { return path == wanted; }; };
    const auto first_of_a_first_file = [seen = std::set<std::string>()](std::string_view path) mutable {
        return path.find("/00000001-") != path.npos && seen.insert(std::string(path)).second;
    };
    const auto after_a_base = [before = std::string()](std::string_view path) mutable {
        return std::exchange(before, path).ends_with(".zst") && is_generation(path);
    };
    return {{"a file of commits", has(".cwal")},
            {"the header of a generation's first file", first_of_a_first_file, true},
            {"a generation's directory", is_generation},
            {"the archive's directory", is("archive/")},
            {"the directory that the archive is in", is("/")},
            {"a base", has(".zst")},
            {"the name of a base, before it is described", after_a_base},
            {"what a base is described by", has(".json.partial")}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(archive_power_loss) {
    harness_settings settings("archive_power_loss");
    const auto seed = settings.number("seed", std::random_device()());
    const auto images = settings.number("images", 300);
    const auto images_a_cycle = settings.number("images-a-cycle", 20);
    settings.tell();
    harness runs(seed, images_a_cycle, false);
    const auto& found = runs.found();
    while (found.images < images && found.violations < 10) runs.run_chain(images, 10);
    std::cout << "archive_power_loss: " << found.images << " images (" << found.torn << " torn, " << found.without_base
              << " before the first base, " << found.broken_writes << " with a write that was broken off) of "
              << found.cycles << " cycles, " << found.restores << " restores; " << found.went_on
              << " generations went on (" << found.database_ahead << " caught up), " << found.gaps << " had a gap, "
              << found.ended << " ended (" << found.archive_ahead
              << " were ahead of the database): " << found.violations << " violations" << std::endl;
    BOOST_TEST(found.violations == 0u);
    if (found.violations != 0 || images < 300) return;
    // It must have met what it is for; what is rare, in a long run.
    for (const auto met : {found.torn, found.went_on, found.database_ahead, found.ended}) BOOST_TEST(met > 0u);
    if (images < 1'000) return;
    for (const auto met : {found.without_base, found.broken_writes, found.archive_ahead, found.gaps})
        BOOST_TEST(met > 0u);
}

// Nobody knows then which name the file that is complete has.
BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_synced_ends_the_generation) {
    const temp_directory place(fast_directory());
    fs::create_directory(place.file("database"));
    disk_recorder recorder(place.path());
    host_setup setup;
    setup.file_bytes = 1;
    std::optional<archive_host> host(std::in_place, place.path(), setup);
    BOOST_TEST_REQUIRE(eventually([&] { return has_base(place.path(), 1); }));
    recorder.fail_syncs([before = std::string()](std::string_view path) mutable {
        return std::exchange(before, path).ends_with(".cwal.open") && path == "archive/00000001/";
    });
    std::mt19937_64 random(1);
    note_table notes;
    (void)host->store().write(notes.next(random)).value();
    BOOST_TEST_REQUIRE(eventually([&] { return has_base(place.path(), 2); }));
    const auto last = host->store().write(notes.next(random)).value().sequence;
    BOOST_TEST(host->has_archived(last));
    host.reset();
    const auto target = place.file("restored.db");
    const auto done = commits::restore(archive_host::archive_of(place.path()), {}, target, {});
    BOOST_TEST_REQUIRE(done.has_value());
    BOOST_TEST(done->sequence == last);
    BOOST_TEST(note_table::content_of(target) == notes.content());
}

// Each sync that is left out is missed: a harness that cannot fail proves nothing.
BOOST_AUTO_TEST_CASE(archive_power_loss_notices_each_sync_that_is_missing) {
    harness_settings settings("archive_power_loss_notices_each_sync_that_is_missing");
    const auto seed = settings.number("seed", std::random_device()());
    const auto images = settings.number("images", 1'000);
    settings.tell();
    std::mt19937_64 random(seed);
    for (const auto& each : omissions()) {
        harness runs(random(), 20, true);
        runs.leave_out_syncs(each.is_left_out);
        if (each.needs_gaps) runs.always_make_gaps();
        const auto& found = runs.found();
        while (found.images < images && found.violations == 0) runs.run_chain(images, 1);
        std::cout << each.of_what << ": " << found.images << " images" << std::endl;
        BOOST_TEST(found.violations > 0u, each.of_what);
    }
}
