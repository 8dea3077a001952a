// The Nth `operator new` of the process fails, alone, with those that follow it, or until the failures end, for every N
// until none is left to fail. A call throws with nothing done or its operation completes, never both and never neither;
// what is acknowledged is in the file and nothing else is; nothing terminates, and all works again afterwards.
#include "crash/history.hpp"
#include "support/harness.hpp"
#include "support/new_faults.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <carrel/for_each.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <optional>

using namespace carrel;
using namespace carrel::testing;
namespace asio = boost::asio;

namespace {

enum class phase { open, attach, work, stop };
constexpr std::array phases{phase::open, phase::attach, phase::work, phase::stop};
constexpr std::array phase_names{"open", "attach", "work", "stop"};

// How many allocations fail in a row.
constexpr std::array<std::int64_t, 3> rows_of_failures{0, 30, std::int64_t{1} << 40};

/// What became of one operation.
struct operation {
    bool threw = false;
    bool accepted = false;
    std::atomic<int> completed{0};
    error_code code;  // of the completion
};

/// Notes the completion, without memory of its own.
struct note_completion {
    operation* of;
    template <class... Value>
    void operator()(error_code code, Value&&...) const {
        of->code = code;
        of->completed.fetch_add(1);
    }
};

struct number_row {
    std::int64_t number;
};

result<void> add_item(write_session& session, std::uint64_t job, const std::atomic<bool>* held) {
    if (held != nullptr) held->wait(true);
    if (auto first = session.execute("INSERT INTO item(job, n, payload) VALUES(?, 0, 'a')", job); !first) return first;
    return session.execute("INSERT INTO item(job, n, payload) VALUES(?, 1, 'b')", job);
}

result<std::optional<std::int64_t>> count_items(read_session& session) {
    return session.first_integer("SELECT count(*) FROM item");
}

options settings_for(const std::string& path) {
    options chosen{.path = path, .migrations = item_schema, .background_nice = 0};
    chosen.readers_max = 4;
    chosen.page_cache_kib = chosen.background_cache_kib = 256;
    return chosen;
}

/// One run of everything, with the failures in one phase.
class scene {
public:
    static constexpr std::size_t writes = 8;
    static constexpr std::size_t others = 16;

    scene(std::string path, phase failing, std::int64_t at, std::int64_t more)
        : path_(std::move(path)),
          failing_(failing),
          at_(at),
          more_(more) {}

    /// What went wrong; empty if nothing did.
    std::string run() {
        if (!open()) return wrong_;
        attach();
        in_phase(phase::work, [this] { submit_all(); });
        settle();
        if (wrong_.empty()) use_again();
        shard_.reset();
        if (wrong_.empty()) stop();
        db_.reset();
        if (wrong_.empty()) examine();
        return wrong_;
    }
    bool has_struck() const { return struck_; }
    std::size_t thrown() const { return thrown_; }
    std::size_t failed() const { return failed_; }
    bool has_opened() const { return has_opened_; }

private:
    template <class Action>
    void in_phase(phase now, Action action) {
        // Asio 1.26 crashes when it has no memory for the mutex or the reference count of a new strand, and the engine
        // makes one as it opens.
        constexpr std::size_t reference_count = 24;
        new_faults::spared_size = now == phase::open ? sizeof(asio::detail::mutex) : 0;
        new_faults::spared_size_too = now == phase::open ? reference_count : 0;
        if (now == failing_) new_faults::arm(at_, more_);
        action();
        if (now != failing_) return;
        new_faults::disarm();
        struck_ = new_faults::has_struck();
    }

    bool open() {
        auto settings = settings_for(path_);
        std::optional<result<database>> opened;
        in_phase(phase::open, [&] {
            try {
                opened.emplace(database::open(std::move(settings)));
            } catch (const std::bad_alloc&) {
                // of the settings' copy
            }
        });
        if (opened && *opened) {
            has_opened_ = true;
            db_.emplace(std::move(**opened));
            return true;
        }
        if (std::filesystem::exists(path_)) wrong_ = "a failed open left a file behind";
        else if (auto again = database::open(settings_for(path_)); !again)
            wrong_ = "it does not open after a failed open: " + again.error().message();
        return false;
    }

    void attach() {
        in_phase(phase::attach, [this] {
            try {
                if (auto made = shard::attach(*db_, context_)) shard_.emplace(std::move(*made));
                poll();
            } catch (const std::bad_alloc&) {
                // nothing attached
            }
        });
        if (shard_) return;
        if (auto made = shard::attach(*db_, context_)) shard_.emplace(std::move(*made));
        else wrong_ = "no shard can be attached after one failed: " + made.error().message();
    }

    // Handlers do not throw here, so nothing may leave the loop.
    void poll() {
        try {
            context_.restart();
            context_.poll();
        } catch (const std::exception& e) {
            const new_faults::spared own;
            wrong_ = std::string("the shard's loop threw ") + e.what();
        }
    }

    template <class Start>
    void start(operation& of, Start start) {
        try {
            start(note_completion{&of});
            of.accepted = true;
        } catch (const std::bad_alloc&) {
            of.threw = true;
        }
    }

    void submit_all() {
        // The first holds the writer, so that the others share a commit.
        start(wrote_[0], [this](auto done) { db_->async_write(work(add_item, std::uint64_t{1}, &held_), done); });
        for (std::size_t i = 1; i < writes; ++i)
            start(wrote_[i], [&](auto done) {
                auto add = work(add_item, i + 1, static_cast<const std::atomic<bool>*>(nullptr));
                if (i % 3 == 0) db_->async_write(add, asio::bind_executor(context_, done));
                else if (i % 3 == 1) db_->async_write(add, asio::bind_executor(pool_, done));
                else db_->async_write(add, done);
            });
        submit_reads();
        start(other_[0], [this](auto done) {
            db_->async_write(work(add_item, std::uint64_t{100}, static_cast<const std::atomic<bool>*>(nullptr)),
                             asio::bind_cancellation_slot(signal_.slot(), asio::bind_executor(context_, done)));
        });
        signal_.emit(asio::cancellation_type::all);
        start(other_[1], [this](auto done) { db_->async_ready(done); });
        start(other_[2], [this](auto done) { db_->async_checkpoint(done); });
        held_ = false;
        held_.notify_all();
        // Until all is done, or for as long as shows what becomes of jobs for which there is no memory.
        constexpr std::int64_t few = 100;
        (void)eventually(
            [this] {
                poll();
                return is_settled();
            },
            std::chrono::milliseconds(more_ < few ? 10'000 : 20));
    }

    void submit_reads() {
        for (std::size_t i = 3; i < 9; ++i)
            start(other_[i], [&](auto done) {
                if (i % 2 == 0) db_->async_read(work(count_items), asio::bind_executor(context_, done));
                else db_->async_read(work(count_items), asio::bind_executor(pool_, done));
            });
        // As a handler on the shard's thread reads: on the resident reader.
        for (std::size_t i = 9; i < 12; ++i) {
            try {
                asio::post(context_, [this, i] {
                    start(other_[i], [&](auto done) {
                        if (i == 11)
                            db_->async_read(work(count_items),
                                            asio::bind_executor(asio::any_io_executor(context_.get_executor()), done));
                        else db_->async_read(work(count_items), done);
                    });
                });
            } catch (const std::bad_alloc&) {
                // the test's own post
            }
        }
        start(other_[12], [this](auto done) {
            async_for_each(
                *db_,
                query<number_row>("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE "
                                  "x < 1200) SELECT x FROM c"),
                [](number_row&&) {}, asio::bind_executor(pool_, done));
        });
    }

    bool is_settled() const {
        const auto settled = [](const operation& one) { return !one.accepted || one.completed > 0; };
        return std::all_of(wrote_.begin(), wrote_.end(), settled) && std::all_of(other_.begin(), other_.end(), settled);
    }

    void settle() {
        const bool all = eventually(
            [this] {
                poll();
                return is_settled();
            },
            std::chrono::seconds(60));
        if (!all) lose("an accepted job never completed");
    }

    // What is lost is waited for by its executor, so there is no way on.
    [[noreturn]] void lose(const char* what) const {
        std::cout << "violation: " << phase_names[static_cast<std::size_t>(failing_)] << " " << at_ << " +" << more_
                  << ": " << what << std::endl;
        std::_Exit(1);
    }

    void use_again() {
        const auto plain = work(add_item, std::uint64_t{1'000}, static_cast<const std::atomic<bool>*>(nullptr));
        if (auto done = db_->write(plain); !done) wrong_ = "it cannot be written again: " + done.error().message();
        else if (auto count = db_->read(work(count_items)); !count)
            wrong_ = "it cannot be read again: " + count.error().message();
    }

    void stop() {
        in_phase(phase::stop,
                 [this] { start(stopped_, [this](auto done) { db_->async_stop(asio::bind_executor(pool_, done)); }); });
        if (stopped_.accepted && !eventually([this] { return stopped_.completed > 0; }, std::chrono::seconds(60)))
            lose("async_stop never completed");
        if (auto done = db_->stop(); !done) wrong_ = "it does not stop well: " + done.error().message();
    }

    void examine() {
        poll();
        pool_.join();
        for (const auto* all : {wrote_.data(), other_.data()})
            for (std::size_t i = 0; i < (all == wrote_.data() ? writes : others); ++i) examine(all[i]);
        auto opened = database::open(settings_for(path_));
        if (!opened) {
            wrong_ = "it does not open again: " + opened.error().message();
            return;
        }
        const auto content = opened->read([](read_session& session) { return read_content(session); });
        if (!content) wrong_ = "it cannot be read at the end: " + content.error().message();
        else
            for (std::size_t i = 0; i < writes; ++i) compare(*content, i + 1, wrote_[i]);
        if (content && wrong_.empty()) compare(*content, 100, other_[0]);
    }
    void examine(const operation& one) {
        if (one.threw) ++thrown_;
        if (one.completed > 0 && one.code) ++failed_;
        if (one.threw && one.completed > 0) wrong_ = "a call threw and its operation completed";
        if (one.completed > 1) wrong_ = "an operation completed twice";
    }
    void compare(const item_content& content, std::uint64_t job, const operation& of) {
        const bool acknowledged = of.completed == 1 && !of.code;
        const auto found = content.find(job);
        const bool present = found != content.end();
        if (present && found->second.rows != 2) wrong_ = "job " + std::to_string(job) + " is half there";
        if (acknowledged != present)
            wrong_ = "job " + std::to_string(job) +
                     (present ? " is there and was not acknowledged: " + of.code.message()
                              : " was acknowledged and is lost");
    }

    const std::string path_;
    const phase failing_;
    const std::int64_t at_;
    const std::int64_t more_;
    std::string wrong_;
    bool struck_ = false;
    bool has_opened_ = false;
    std::size_t thrown_ = 0;
    std::size_t failed_ = 0;

    std::array<operation, writes> wrote_;
    std::array<operation, others> other_;
    operation stopped_;
    std::atomic<bool> held_{true};
    asio::cancellation_signal signal_;
    asio::io_context context_{1};
    asio::thread_pool pool_{1};
    std::optional<database> db_;
    std::optional<shard> shard_;
};

struct tally {
    std::uint64_t points = 0, opened = 0, thrown = 0, failed = 0, violations = 0;
};

// One point of the sweep; false when no allocation was left to fail.
bool visit(phase failing, std::int64_t at, std::int64_t more, tally& found) {
    temp_directory directory(fast_directory());
    scene played(directory.file("swept.db"), failing, at, more);
    const auto wrong = played.run();
    if (!wrong.empty()) {
        ++found.violations;
        std::cout << "violation: " << phase_names[static_cast<std::size_t>(failing)] << " " << at << " +" << more
                  << ": " << wrong << std::endl;
    }
    ++found.points;
    found.opened += played.has_opened() ? 1 : 0;
    found.thrown += played.thrown();
    found.failed += played.failed();
    return played.has_struck();
}

}  // namespace

BOOST_AUTO_TEST_CASE(new_sweep) {
    harness_settings settings("new_sweep");
    const auto stride = static_cast<std::int64_t>(settings.number("stride", 3));
    const auto only = static_cast<std::int64_t>(settings.number("only", 0));  // a single point
    settings.tell();

    tally all;
    for (const auto failing : phases)
        for (const auto more : rows_of_failures) {
            tally found;
            for (auto at = only == 0 ? 1 : only; visit(failing, at, more, found) && only == 0 && found.violations < 10;)
                at += stride;
            std::cout << "new_sweep: " << phase_names[static_cast<std::size_t>(failing)] << ", " << more + 1
                      << " in a row: " << found.points << " points, " << found.opened << " opened, " << found.thrown
                      << " calls threw, " << found.failed << " operations failed: " << found.violations << " violations"
                      << std::endl;
            BOOST_TEST((only != 0 || found.points > 1));
            all.violations += found.violations;
            if (failing == phase::work && only == 0) BOOST_TEST(found.thrown > 0u);
        }
    BOOST_TEST(all.violations == 0u);
}
