// Everything that a disk may hold after the power went, and what the engine makes of it.
#include "crash/item_clients.hpp"
#include "sqlite/check.hpp"
#include "support/harness.hpp"
#include "support/io_recorder.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <sstream>

using namespace carrel;
using namespace carrel::testing;

namespace {

// A recorder that lets a checkpoint on a thread other than the writer's be overtaken, where SQLite before 3.51.3 cannot
// bear it: between its look at the WAL's header and its first lock. The writer's own checkpoints are never held.
class unkind_recorder final : public io_recorder {
public:
    using io_recorder::io_recorder;

    int before(const io_call& call, int& partial) override {
        if (call.kind == io_kind::unfetch && !is_writer()) hold_until_wal_restarts();
        return io_recorder::before(call, partial);
    }
    void after(const io_call& call) override {
        if (call.file == file_kind::wal && call.kind == io_kind::write && call.at == 0) {
            std::lock_guard lock(restart_mutex_);
            ++restarts_;
            restarted_.notify_all();
        }
        io_recorder::after(call);
    }

private:
    static bool is_writer() {
        char name[16] = {};
        pthread_getname_np(pthread_self(), name, sizeof name);
        return std::string_view(name) == "carrel-writer";
    }
    void hold_until_wal_restarts() {
        std::unique_lock lock(restart_mutex_);
        const auto seen = restarts_;
        restarted_.wait_for(lock, std::chrono::milliseconds(20), [&] { return restarts_ != seen; });
    }

    std::mutex restart_mutex_;
    std::condition_variable restarted_;
    std::uint64_t restarts_ = 0;  // guarded by restart_mutex_
};

struct tally {
    std::uint64_t images = 0, torn = 0, with_wal = 0, rolled_back = 0, normal_lost = 0;
    std::uint64_t acknowledged = 0, failed = 0, reruns = 0, checkpoints = 0, truncations = 0;
    std::uint64_t violations = 0;
};

struct recorded_run {
    std::vector<item_job> jobs;
    std::uint64_t last_sequence = 0;
};

// How the engine is set up; 0: differently each time.
struct engine_setup {
    std::size_t checkpoint_frames = 0;
    std::size_t batch_jobs_max = 0;
};

options settings_for(const std::string& path, const engine_setup& setup, std::mt19937_64& random) {
    options chosen{.path = path, .migrations = item_schema, .background_nice = 0};
    chosen.page_cache_kib = chosen.background_cache_kib = 256;
    constexpr std::size_t frames[] = {20, 200, 4'096};
    constexpr std::size_t batches[] = {1, 8, 1'024};
    chosen.checkpoint_frames = setup.checkpoint_frames != 0 ? setup.checkpoint_frames : frames[random() % 3];
    chosen.batch_jobs_max = setup.batch_jobs_max != 0 ? setup.batch_jobs_max : batches[random() % 3];
    chosen.wal_soft_bytes = 64 << 10;  // an idle writer then truncates early
    return chosen;
}

void complain(tally& found, const std::string& what) {
    ++found.violations;
    std::cout << "violation: " << what << std::endl;
}

std::string text_of(const item_content& content) {
    std::ostringstream out;
    for (const auto& [job, state] : content) out << ' ' << job << ':' << state.rows << '/' << state.mark;
    return out.str();
}

// What the live database holds at the end is checked here: a disk image has no part in it.
recorded_run record(unkind_recorder& recorder, const std::string& path, const item_load& load,
                    const engine_setup& setup, std::mt19937_64& random, const std::string& where, tally& found) {
    recorded_run run;
    auto settings = settings_for(path, setup, random);
    settings.auto_vacuum = vacuum_mode::incremental;  // the file gets smaller, too
    auto db = database::open(settings).value();
    run.jobs = run_item_clients(db, load, random, [&](std::uint64_t job) { recorder.note(job); });
    const auto last = read(db, read_content);
    const auto stats = db.stats().writer;
    run.last_sequence = stats.commit_sequence;
    found.reruns += stats.reruns;
    found.checkpoints += stats.checkpoints;
    BOOST_TEST(db.stop().has_value());
    if (!last) complain(found, where + "before it stopped the database could not be read: " + last.error().message());
    else if (*last != content_at(run.jobs, run.last_sequence))
        complain(found, where + "before it stopped the database held" + text_of(*last));
    return run;
}

// The engine opens the image; what it then holds must be exactly what some commit left, and no older than the last one
// that was acknowledged as durable.
void check_image(const recorded_run& run, const std::string& path, std::uint64_t durable, const std::string& where,
                 std::mt19937_64& random, tally& found) {
    auto opened = database::open(settings_for(path, {}, random));
    if (!opened) return complain(found, where + "the engine does not open it: " + opened.error().message());
    auto db = std::move(*opened);
    const auto sequence = db.stats().writer.commit_sequence;
    auto content = read(db, read_content);
    if (!content) return complain(found, where + "cannot be read: " + content.error().message());
    if (sequence < durable)
        complain(found, where + "acknowledged commit " + std::to_string(durable) + " is lost, the file is at " +
                            std::to_string(sequence));
    if (const auto expected = content_at(run.jobs, sequence); *content != expected)
        complain(found, where + "at commit " + std::to_string(sequence) + " it holds" + text_of(*content) +
                            "; expected" + text_of(expected));
    auto next = write(db, [](write_session& session) {
        return session.execute("INSERT INTO item(job, n, payload) VALUES(0, 0, 'after the power came back')");
    });
    if (!next || next->sequence != sequence + 1) complain(found, where + "the next commit does not follow");
    (void)db.stop();
    if (auto report = sqlite::check_file(path, {}); !report || !report->ok)
        complain(found, where + "is damaged: " + (report ? report->findings.front() : report.error().message()));
    found.rolled_back += sequence < run.last_sequence ? 1 : 0;
}

// The commit up to which everything acknowledged at durability::full before event `cut` reaches.
std::uint64_t durable_at(const recorded_run& run, const io_recorder& recorder, std::size_t cut) {
    std::uint64_t durable = 0;
    for (std::size_t i = 0; i < cut; ++i)
        if (const auto mark = recorder.events()[i].mark; mark != 0)
            if (const auto& job = run.jobs[mark - 1]; job.is_full && job.is_acknowledged)
                durable = std::max(durable, job.sequence);
    return durable;
}

void count_run(const recorded_run& run, const io_recorder& recorder, tally& found) {
    for (const auto& job : run.jobs) ++(job.is_acknowledged ? found.acknowledged : found.failed);
    for (const auto& each : recorder.events()) found.truncations += each.kind == io_kind::truncate ? 1 : 0;
}

}  // namespace

// The power goes at each of the first moments of a file's life, when its first page may hold anything; nothing is
// acknowledged yet, and it must open.
BOOST_AUTO_TEST_CASE(power_loss_at_birth) {
    temp_directory directory(fast_directory());
    const auto path = directory.file("live.db"), image_path = directory.file("image.db");
    std::mt19937_64 random(1);
    io_recorder recorder(path);
    shim_vfs::set_hooks(&recorder);
    BOOST_TEST(database::open({.path = path, .migrations = item_schema}).value().stop().has_value());
    shim_vfs::set_hooks(nullptr);
    tally found;
    std::size_t headless = 0;
    io_recorder::image image;
    for (std::size_t cut = 1; cut <= std::min<std::size_t>(12, recorder.events().size()); ++cut) {
        for (int i = 0; i < 10; ++i) {
            recorder.after_power_loss(cut, unsynced::torn, random, image);
            write_image(image, image_path);
            check_image({}, image_path, 0, "cut " + std::to_string(cut) + ": ", random, found);
            headless += !image.database.empty() && !image.database.starts_with("SQLite format 3") ? 1 : 0;
        }
    }
    BOOST_TEST(found.violations == 0u);
    BOOST_TEST(headless > 0u);  // it has met what it is for
}

BOOST_AUTO_TEST_CASE(power_loss) {
    harness_settings settings("power_loss");
    const auto seed = settings.number("seed", std::random_device()());
    const auto images = settings.number("images", 1'000);
    const auto images_a_run = settings.number("images-a-run", 50);
    item_load load;
    load.jobs = settings.number("jobs", load.jobs);
    load.large_percent = static_cast<unsigned>(settings.number("large-percent", load.large_percent));
    engine_setup setup;
    setup.checkpoint_frames = settings.number("frames", 0);
    setup.batch_jobs_max = settings.number("batch", 0);
    settings.tell();

    std::mt19937_64 random(seed);
    io_recorder::image image;
    tally found;
    for (int number = 1; found.images < images && found.violations < 10; ++number) {
        temp_directory directory(fast_directory());
        const auto path = directory.file("live.db");
        unkind_recorder recorder(path);
        shim_vfs::set_hooks(&recorder);
        const auto where = "run " + std::to_string(number) + ", ";
        const auto run = record(recorder, path, load, setup, random, where, found);
        shim_vfs::set_hooks(nullptr);
        count_run(run, recorder, found);

        const auto image_path = directory.file("image.db");
        for (std::uint64_t i = 0; i < images_a_run && found.images < images; ++i) {
            const auto cut = i == 0 ? recorder.events().size() : 1 + random() % recorder.events().size();
            const auto what = static_cast<unsynced>(random() % 3);
            recorder.after_power_loss(cut, what, random, image);
            if (image.is_empty()) continue;  // the power went before there was anything
            write_image(image, image_path);
            const auto durable = durable_at(run, recorder, cut);
            check_image(run, image_path, durable, where + "cut " + std::to_string(cut) + ": ", random, found);
            ++found.images;
            found.torn += what == unsynced::torn ? 1 : 0;
            found.with_wal += image.wal.empty() ? 0 : 1;
        }
    }
    std::cout << "power_loss: " << found.images << " images (" << found.torn << " torn, " << found.with_wal
              << " with a WAL, " << found.rolled_back << " older than the end) of " << found.acknowledged
              << " acknowledged and " << found.failed << " failed jobs, " << found.reruns << " re-runs, "
              << found.checkpoints << " checkpoints, " << found.truncations << " truncations: " << found.violations
              << " violations" << std::endl;
    BOOST_TEST(found.violations == 0u);
    if (found.violations != 0) return;
    BOOST_TEST(found.images == images);
    if (images < 500) return;
    // It must have met what it is for.
    for (const auto met : {found.torn, found.with_wal, found.rolled_back, found.acknowledged, found.failed,
                           found.reruns, found.checkpoints, found.truncations})
        BOOST_TEST(met > 0u);
}
