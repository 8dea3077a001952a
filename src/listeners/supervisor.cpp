#include "listeners/supervisor.hpp"

#include "listeners/entry.hpp"
#include "listeners/jobs.hpp"

#include <carrel/as_result.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <future>
#include <map>
#include <thread>

namespace carrel::listeners {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds tick{1};
// Of a listener that is stopped by a client, who waits for it.
constexpr std::chrono::milliseconds stop_time_max{5'000};

siem::timestamp system_now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// Signals are for the thread that waits for them.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// Different whenever one of them is: none shrinks.
std::int64_t sum_of(const siem::listener_counts& of) noexcept {
    return of.received + of.stored + of.dead_letters + of.dropped + of.lost + of.cut + of.refused;
}

using entry_ptr = std::shared_ptr<entry>;

}  // namespace

// Members below `thread` belong to that thread, but for `entries`, which others may look at.
struct supervisor::state {
    state(database& of, supervisor_options options)
        : with{.io = io,
               .store = of,
               .log = std::move(options.log),
               .mappings = std::move(options.mappings),
               .tls = std::move(options.tls),
               .keep_letters = std::move(options.keep_letters),
               .bytes_held = std::make_shared<std::size_t>(0)},
          timer(io) {}

    asio::io_context io{1};
    actor_surroundings with;
    asio::steady_timer timer;
    std::thread thread;
    mutable std::mutex mutex;
    std::map<std::string, entry_ptr, std::less<>> entries;  // guarded by mutex; only the thread adds
    bool has_stopped = false;                               // guarded by mutex: nothing is posted any more
    std::chrono::steady_clock::time_point ticked_at = std::chrono::steady_clock::now();
    std::uint64_t mappings_stamp = 0;
    std::size_t busy = 0;  // entries whose change is taking effect
    bool is_stopping = false, is_counting = false;
    std::chrono::milliseconds stop_deadline{0};
    std::function<void()> on_idle;

    entry_ptr entry_of(const std::string& id) {
        const std::lock_guard lock(mutex);
        entry_ptr& found = entries[id];
        if (!found) found = std::make_shared<entry>(id);
        return found;
    }
    std::vector<entry_ptr> all() const {
        std::vector<entry_ptr> list;
        const std::lock_guard lock(mutex);
        for (const auto& [id, each] : entries) list.push_back(each);
        return list;
    }

    void log(log_level level, const std::string& text) const {
        if (with.log) with.log(level, text);
    }

    template <class Handler>
    auto on_thread(Handler handler) {
        return as_result(asio::bind_executor(io.get_executor(), std::move(handler)));
    }

    // -- a change of one listener ---

    void apply(const std::string& id, settled done) {
        const entry_ptr which = entry_of(id);
        which->waiting.push_back(std::move(done));
        begin(which);
    }

    void begin(const entry_ptr& which) {
        if (which->is_busy || which->waiting.empty()) return;
        which->is_busy = true;
        ++busy;
        with.store.async_read(
            load_work{which->id}, job_options(), on_thread([this, which](const result<loaded>& found) {
                if (!found) {
                    log(log_level::error, "listener " + which->id + " could not be read: " + found.error().message());
                    return end(which, std::nullopt);
                }
                settle(which, *found);
            }));
    }

    void settle(const entry_ptr& which, const loaded& of) {
        which->is_gone = !of;
        if (of) {
            which->row = of->row;
            which->count_from(of->counted);
        }
        const bool must_stop = which->running && (is_stopping || !of || !of->is_wanted || !which->running->is_as(*of));
        if (!must_stop) return start(which, of);
        stop(which, stop_time_max, [this, which, of] { start(which, of); });
    }

    void stop(const entry_ptr& which, std::chrono::milliseconds deadline, std::function<void()> done) {
        std::shared_ptr<actor> ending(std::move(which->running));
        log(log_level::info, "listener " + which->id + " stops: " + ending->url());
        actor& one = *ending;
        // Handlers that were called for before run before it goes.
        one.stop(deadline, [this, ending = std::move(ending), done = std::move(done)]() mutable {
            asio::post(io, [this, ending = std::move(ending), done = std::move(done)]() mutable {
                asio::post(io, [ending = std::move(ending)] {});
                done();
            });
        });
    }

    void start(const entry_ptr& which, const loaded& of) {
        if (!of) return end(which, std::nullopt);
        auto status = siem::listener_status::stopped;
        std::string why;
        const bool was_running = which->running != nullptr;
        if (was_running) {
            which->running->use(*of);
            status = siem::listener_status::running;
        } else if (of->is_wanted && !is_stopping) {
            status = bind(which, *of, why) ? siem::listener_status::running : siem::listener_status::error;
        } else if (is_stopping) {
            status = of->status;  // it is taken up again at the next start
        }
        const bool is_new = status == siem::listener_status::running && !was_running;
        if (!is_new && status == of->status && why == of->status_detail)
            return end(which, siem::settled_listener{of->json, of->version, 0});
        write(which, status, std::move(why));
    }

    bool bind(const entry_ptr& which, const siem::stored_listener& of, std::string& why) {
        try {
            which->running = std::make_unique<actor>(with, of, which->counted);
            which->running->start();
            log(log_level::info, "listener " + which->id + " runs: " + which->running->url());
            return true;
        } catch (const boost::system::system_error& failure) {
            why = reason_of(failure, of);
        } catch (const std::exception& failure) {
            why = failure.what();
        }
        which->running.reset();
        log(log_level::warning, "listener " + which->id + " cannot run: " + why);
        return false;
    }

    void write(const entry_ptr& which, siem::listener_status status, std::string why) {
        settle_work work{{which->row, status, std::move(why), which->counts(), system_now()}};
        which->written = sum_of(work.progress.counted);
        using written = result<committed<std::optional<siem::settled_listener>>>;
        with.store.async_write(std::move(work), job_options(), on_thread([this, which](const written& done) {
                                   if (!done) {
                                       log(log_level::error, "the status of listener " + which->id +
                                                                 " could not be stored: " + done.error().message());
                                       return end(which, std::nullopt);
                                   }
                                   auto now = done->value;
                                   if (now) now->commit = done->sequence;
                                   end(which, std::move(now));
                               }));
    }

    void end(const entry_ptr& which, std::optional<siem::settled_listener> now) {
        const auto done = std::move(which->waiting.front());
        which->waiting.pop_front();
        which->is_busy = false;
        --busy;
        // Whoever is answered that it is gone finds no counts of it.
        if (which->is_gone && which->waiting.empty()) {
            const std::lock_guard lock(mutex);
            entries.erase(which->id);
        }
        if (done) done(std::move(now));
        begin(which);
        if (busy == 0 && on_idle) std::exchange(on_idle, nullptr)();
    }

    // -- now and then ---

    void tick_later() {
        timer.expires_after(tick);
        timer.async_wait([this](const error_code& ec) {
            if (ec || is_stopping) return;
            keep_up();
            tick_later();
        });
    }

    void keep_up() {
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - std::exchange(ticked_at, now)).count();
        const bool has_others =
            with.mappings && std::exchange(mappings_stamp, with.mappings->stamp()) != with.mappings->stamp();
        for (const entry_ptr& each : all()) {
            each->measure(seconds);
            if (!each->running) continue;
            each->running->keep_up();
            // A mapping of its own stands before those in force, so it is put together anew with them.
            if (has_others && each->running && each->running->has_own_mappings()) apply(each->id, nullptr);
        }
        count();
    }

    // What was counted since, in one transaction for all.
    void count() {
        if (is_counting) return;
        count_work work;
        for (const entry_ptr& each : all()) {
            const auto counted = each->counts();
            if (each->is_busy || !each->is_known() || each->written == sum_of(counted)) continue;
            each->written = sum_of(counted);
            work.all.push_back({each->row, std::nullopt, {}, counted, system_now()});
        }
        if (work.all.empty()) return;
        is_counting = true;
        job_options settings;
        settings.priority = priority::bulk;
        with.store.async_write(std::move(work), settings, on_thread([this](const result<committed<void>>& done) {
                                   is_counting = false;
                                   if (!done)
                                       for (const entry_ptr& each : all()) each->written.reset();
                               }));
    }

    // -- the end ---

    void begin_stop(std::chrono::milliseconds deadline, std::function<void()> done) {
        is_stopping = true;
        timer.cancel();
        // Changes that are under way come to their end first.
        if (busy > 0) {
            on_idle = [this, deadline, done = std::move(done)]() mutable { stop_all(deadline, std::move(done)); };
            return;
        }
        stop_all(deadline, std::move(done));
    }

    void stop_all(std::chrono::milliseconds deadline, std::function<void()> done) {
        auto left = std::make_shared<std::size_t>(1);
        const auto one_less = [left, done = std::move(done)] {
            if (--*left == 0) done();
        };
        for (const entry_ptr& each : all()) {
            if (!each->running) continue;
            ++*left;
            stop(each, deadline, one_less);
        }
        one_less();
    }
};

supervisor::supervisor(database& store, supervisor_options options)
    : state_(std::make_shared<state>(store, std::move(options))) {}

supervisor::~supervisor() { stop(std::chrono::milliseconds(0)); }

result<void> supervisor::start() {
    auto wanted =
        state_->with.store.read([](read_session& session) { return siem::load_listeners_to_settle(session); });
    if (!wanted) return wanted.error();
    state_->thread = std::thread([state = state_.get()] {
        block_signals();
        pthread_setname_np(pthread_self(), "carrel-listen");
        const auto keep = asio::make_work_guard(state->io);
        state->io.run();
    });
    asio::post(state_->io, [state = state_.get()] { state->tick_later(); });
    std::vector<std::future<void>> settled_ones;
    for (const std::string& each : *wanted) {
        auto settled_one = std::make_shared<std::promise<void>>();
        settled_ones.push_back(settled_one->get_future());
        apply(each, [settled_one](const auto&) { settled_one->set_value(); });
    }
    for (auto& each : settled_ones) each.wait();
    return {};
}

void supervisor::apply(const std::string& id, settled done) {
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->has_stopped && state_->thread.joinable()) {
            asio::post(state_->io, [state = state_.get(), id, done = std::move(done)]() mutable {
                if (!id.empty()) return state->apply(id, std::move(done));
                for (const entry_ptr& each : state->all()) state->apply(each->id, nullptr);
                done(std::nullopt);
            });
            return;
        }
    }
    done(std::nullopt);
}

std::optional<siem::listener_counts> supervisor::counts(std::string_view id) const {
    entry_ptr found;
    {
        const std::lock_guard lock(state_->mutex);
        const auto at = state_->entries.find(id);
        if (at != state_->entries.end()) found = at->second;
    }
    if (!found || !found->is_known()) return std::nullopt;
    return found->counts();
}

std::vector<named_counts> supervisor::all_counts() const {
    std::vector<named_counts> made;
    for (const entry_ptr& each : state_->all())
        if (each->is_known()) made.push_back({each->id, each->counts()});
    return made;
}

bool supervisor::stop(std::chrono::milliseconds deadline) {
    if (!state_->thread.joinable()) return true;
    const auto dropped = [&] {
        std::uint64_t sum = 0;
        for (const entry_ptr& each : state_->all()) sum += each->counted.dropped.load();
        return sum;
    };
    std::promise<std::uint64_t> drained;
    auto is_drained = drained.get_future();
    {
        const std::lock_guard lock(state_->mutex);
        state_->has_stopped = true;
    }
    asio::post(state_->io, [&] {
        const auto before = dropped();
        state_->begin_stop(deadline, [&, before] { drained.set_value(dropped() - before); });
    });
    const bool is_whole = is_drained.get() == 0;
    // What was counted is written once more: nothing counts any longer.
    count_work work;
    for (const entry_ptr& each : state_->all())
        if (each->is_known()) work.all.push_back({each->row, std::nullopt, {}, each->counts(), system_now()});
    if (!work.all.empty())
        if (auto done = state_->with.store.write(work); !done)
            state_->log(log_level::error, "what listeners counted could not be stored: " + done.error().message());
    asio::post(state_->io, [state = state_.get()] { state->io.stop(); });
    state_->thread.join();
    return is_whole;
}

}  // namespace carrel::listeners
