// The Nth allocation, write, sync, truncation or open fails, once or from then on, for every N until none is left to
// fail: nothing crashes, nothing acknowledged is lost, nothing lost is acknowledged.
#include "crash/history.hpp"
#include "sqlite/check.hpp"
#include "support/harness.hpp"
#include "support/malloc_faults.hpp"
#include "support/shim_vfs.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <set>

using namespace carrel;
using namespace carrel::testing;

namespace {

// What fails: a call of the disk's, or an allocation.
struct weak_spot {
    const char* name;
    std::optional<io_kind> call;  // none: an allocation
    int answer = 0;               // SQLite's code
    int partial = 0;              // bytes of a refused write that are written all the same
};

constexpr std::array weak_spots{
    weak_spot{"allocation", std::nullopt},
    weak_spot{"write: error", io_kind::write, SQLITE_IOERR_WRITE, 100},
    weak_spot{"write: full", io_kind::write, SQLITE_FULL, 1'000},
    weak_spot{"sync", io_kind::sync, SQLITE_IOERR_FSYNC},
    weak_spot{"truncate", io_kind::truncate, SQLITE_IOERR_TRUNCATE},
    weak_spot{"open", io_kind::open, SQLITE_CANTOPEN},
};

// Lets one call fail, and perhaps all that follow.
class failing_disk final : public io_hooks {
public:
    failing_disk(const weak_spot& spot, std::int64_t at, bool for_ever)
        : spot_(spot),
          at_(at),
          for_ever_(for_ever) {}

    int before(const io_call& call, int& partial) override {
        if (!spot_.call || call.kind != *spot_.call) return SQLITE_OK;
        const auto number = ++counted_;
        if (number != at_ && !(for_ever_ && number > at_)) return SQLITE_OK;
        partial = spot_.partial;
        return spot_.answer;
    }
    bool has_failed() const { return counted_ >= at_; }

private:
    const weak_spot& spot_;
    const std::int64_t at_;
    const bool for_ever_;
    std::atomic<std::int64_t> counted_{0};
};

class fault {
public:
    fault(const weak_spot& spot, std::int64_t at, bool for_ever)
        : disk_(spot, at, for_ever),
          is_allocation_(!spot.call),
          at_(at) {
        shim_vfs::set_hooks(&disk_);
        if (!is_allocation_) return;
        malloc_faults::counted = 0;
        malloc_faults::for_ever = for_ever;
        malloc_faults::fail_at = at;
    }
    ~fault() {
        shim_vfs::set_hooks(nullptr);
        malloc_faults::fail_at = 0;
    }
    fault(const fault&) = delete;
    fault& operator=(const fault&) = delete;
    bool has_struck() const { return is_allocation_ ? malloc_faults::counted >= at_ : disk_.has_failed(); }

private:
    failing_disk disk_;
    bool is_allocation_;
    std::int64_t at_;
};

constexpr std::size_t groups = 4;
constexpr std::size_t jobs_a_group = 3;

struct outcomes_seen {
    std::set<std::uint64_t> acknowledged, unknown;
    std::map<std::uint64_t, std::string> failed;  // the error of each
    bool has_opened = false;
    bool acknowledged_after_unknown = false;
    std::size_t reads_done = 0;
};

result<void> add_rows(write_session& session, std::uint64_t job, std::int64_t rows, bool fails) {
    for (std::int64_t n = 0; n < rows; ++n)
        if (auto done = session.execute("INSERT INTO item(job, n, payload) VALUES(?, ?, hex(randomblob(200)))", job, n);
            !done)
            return done;
    if (fails) return session.execute("INSERT INTO item(job, n, payload) VALUES(?, -1, '')", job);
    return {};
}

options settings_for(const std::string& path) {
    options chosen{.path = path, .migrations = item_schema, .background_nice = 0};
    chosen.page_cache_kib = chosen.background_cache_kib = 256;
    chosen.checkpoint_frames = 20;
    chosen.wal_soft_bytes = 64 << 10;
    return chosen;
}

// Opens, writes in groups, reads, stops: all of it may fail, none of it may lie.
outcomes_seen work_under(const fault&, const std::string& path) {
    outcomes_seen seen;
    auto opened = database::open(settings_for(path));
    if (!opened) return seen;
    seen.has_opened = true;
    auto db = std::move(*opened);
    for (std::size_t group = 0; group < groups; ++group) {
        const bool was_unknown = !seen.unknown.empty();
        std::vector<std::future<result<committed<void>>>> sent;
        for (std::size_t i = 0; i < jobs_a_group; ++i) {
            const auto job = group * jobs_a_group + i + 1;
            sent.push_back(db.async_write(work(add_rows, job, job % 4 == 0 ? 40 : 2, job % 5 == 0),
                                          as_result(boost::asio::use_future)));
        }
        for (std::size_t i = 0; i < sent.size(); ++i) {
            const auto job = group * jobs_a_group + i + 1;
            const auto outcome = sent[i].get();
            if (outcome) seen.acknowledged.insert(job);
            else if (outcome.error() == errc::outcome_unknown) seen.unknown.insert(job);
            else seen.failed[job] = outcome.error().message();
            seen.acknowledged_after_unknown |= was_unknown && outcome.has_value();
        }
        if (read(db, read_content)) ++seen.reads_done;
    }
    (void)db.stop();
    return seen;
}

// What is wrong with the file after the fault; nothing if it holds what was acknowledged.
std::string examine(const outcomes_seen& seen, const std::string& path) {
    auto opened = database::open(settings_for(path));
    if (!opened) return "it does not open again: " + opened.error().message();
    auto content = read(*opened, read_content);
    if (!content) return "it cannot be read again: " + content.error().message();
    if (!write(*opened, work(add_rows, std::uint64_t{1'000}, std::int64_t{1}, false)))
        return "it cannot be written again";
    if (auto stopped = opened->stop(); !stopped) return "it does not stop well: " + stopped.error().message();
    if (auto report = sqlite::check_file(path, {}); !report || !report->ok) return "it is damaged";
    for (const auto job : seen.acknowledged)
        if (!content->contains(job)) return "acknowledged job " + std::to_string(job) + " is lost";
    for (const auto& [job, state] : *content) {
        if (!seen.acknowledged.contains(job) && !seen.unknown.contains(job))
            return "job " + std::to_string(job) + " was told to have failed and is there: " + seen.failed.at(job);
        if (state.rows != (job % 4 == 0 ? 40 : 2)) return "job " + std::to_string(job) + " is half there";
    }
    return {};
}

struct tally {
    std::uint64_t points = 0, opened = 0, unknown = 0, violations = 0;
};

// One point of the sweep; false when the fault did not strike any more.
bool visit(const weak_spot& spot, std::int64_t at, bool for_ever, tally& found) {
    temp_directory directory(fast_directory());
    const auto path = directory.file("swept.db");
    outcomes_seen seen;
    bool has_struck = false;
    {
        fault struck(spot, at, for_ever);
        seen = work_under(struck, path);
        has_struck = struck.has_struck();
    }
    std::string wrong;
    if (seen.acknowledged_after_unknown) wrong = "a write was acknowledged after one whose outcome is unknown";
    if (wrong.empty() && !seen.has_opened && std::filesystem::exists(path)) wrong = "a failed open left a file behind";
    if (wrong.empty() && seen.has_opened) wrong = examine(seen, path);
    if (!wrong.empty()) {
        ++found.violations;
        std::cout << "violation: " << spot.name << " " << at << (for_ever ? " and on" : "") << ": " << wrong
                  << std::endl;
    }
    ++found.points;
    found.opened += seen.has_opened ? 1 : 0;
    found.unknown += seen.unknown.size();
    return has_struck;
}

}  // namespace

BOOST_AUTO_TEST_CASE(fault_sweep) {
    harness_settings settings("fault_sweep");
    const auto stride = settings.number("stride", 13);  // of allocations, of which there are thousands; 1: each
    const auto only = settings.number("only", 0);       // a single point
    settings.tell();

    tally all;
    for (const auto& spot : weak_spots)
        for (const bool for_ever : {false, true}) {
            tally found;
            const auto step = static_cast<std::int64_t>(spot.call ? 1 : stride);
            auto at = static_cast<std::int64_t>(only == 0 ? 1 : only);
            while (visit(spot, at, for_ever, found) && only == 0 && found.violations < 10) at += step;
            std::cout << "fault_sweep: " << spot.name << (for_ever ? " and on: " : ": ") << found.points << " points, "
                      << found.opened << " opened, " << found.unknown << " outcomes unknown: " << found.violations
                      << " violations" << std::endl;
            BOOST_TEST((only != 0 || found.points > 1));
            all.points += found.points;
            all.violations += found.violations;
            if (spot.call == io_kind::sync) BOOST_TEST(found.unknown > 0u);
        }
    std::cout << "fault_sweep: " << all.points << " points: " << all.violations << " violations" << std::endl;
    BOOST_TEST(all.violations == 0u);
}
