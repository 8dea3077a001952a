#include "background/backup_service.hpp"

#include "background/backup_folder.hpp"
#include "background/worker.hpp"
#include "base/uuid.hpp"
#include "json/writer.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::size_t runs_kept = 100;
constexpr timestamp second = 1'000'000;
// How long after a failure the schedule tries again.
constexpr timestamp retry_after = 600 * second;
constexpr std::chrono::seconds look_interval{1};

timestamp microseconds_of(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

constexpr std::string_view by_system = "system";

audit_entry entry_of(std::string_view action, std::string target, timestamp at) {
    audit_entry made;
    made.at = at;
    made.principal = by_system;
    made.action = action;
    made.target = std::move(target);
    made.detail.clear();
    return made;
}

std::string reason_of(const error& why) { return why.diagnostic().empty() ? why.message() : why.diagnostic(); }

}  // namespace

backup_service::backup_service(backup_settings settings)
    : settings_(std::move(settings)) {}

result<std::shared_ptr<backup_service>> backup_service::open(backup_settings settings) {
    std::shared_ptr<backup_service> made(new backup_service(std::move(settings)));
    if (auto taken = made->take_over(); !taken) return taken.error();
    made->remover_ = std::jthread([self = made.get()](const std::stop_token& stop) { self->remove_files(stop); });
    made->maker_ = std::jthread([self = made.get()](const std::stop_token& stop) { self->make_backups(stop); });
    return made;
}

backup_service::~backup_service() { stop(); }

void backup_service::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    maker_ = {};  // asks it to stop, and waits
    remover_ = {};
}

void backup_service::say(log_level level, const std::string& text) const {
    if (settings_.log) settings_.log(level, text);
}

// -- requests ---

std::optional<backup_refusal> backup_service::start(const backup_request& wanted, backup_run& made) {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return backup_refusal::stopping;
        // The job that asks may be run again.
        if (!runs_.empty() && runs_.back().id == wanted.id) {
            made = runs_.back();
            return std::nullopt;
        }
        if (running() != nullptr) return backup_refusal::one_runs;
        if (!wanted.name.empty() && copy_at(wanted.name)) return backup_refusal::name_taken;
        backup_run run;
        run.id = wanted.id;
        run.name = wanted.name;
        run.created_by = wanted.created_by;
        run.created_at = wanted.created_at;
        kept_by_run_ = wanted.kept;
        is_scheduled_ = false;
        runs_.push_back(run);
        if (runs_.size() > runs_kept) runs_.pop_front();
        made = std::move(run);
    }
    changed_.notify_all();
    return std::nullopt;
}

backup_run* backup_service::running() noexcept {
    return !runs_.empty() && !is_over(runs_.back().state) ? &runs_.back() : nullptr;
}

std::optional<backup_run> backup_service::cancel(std::string_view id, std::string_view principal) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const backup_run& each) { return each.id == id; });
    if (found == runs_.end()) return std::nullopt;
    auto run = *found;
    if (is_over(run.state)) return run;
    if (is_kept_) run.state = backup_state::succeeded;  // which it is about to be
    else if (!cancelled_by_) cancelled_by_.emplace(principal);
    return run;
}

std::optional<backup_run> backup_service::find(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const backup_run& each) { return each.id == id; });
    return found == runs_.end() ? std::nullopt : std::optional(*found);
}

backup_counts backup_service::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

// -- the thread that makes them ---

void backup_service::make_backups(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        bool is_wanted = false;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, look_interval, [this] { return running() != nullptr; });
            is_wanted = !stop.stop_requested() && (running() != nullptr || schedule(wall_clock()));
        }
        if (is_wanted) make(stop);
    }
    change([](backup_run& run) {
        run.state = backup_state::failed;
        run.detail = "the server stopped";
        run.finished_at = wall_clock();
    });
}

// With the mutex. Whether one was due.
bool backup_service::schedule(timestamp now) {
    if (!is_backup_due(now, next_at_, settings_.every.count() * second)) return false;
    static uuid_generator fresh;
    backup_run run;
    run.id = fresh();
    run.created_at = now;
    kept_by_run_.reset();
    is_scheduled_ = true;
    runs_.push_back(std::move(run));
    if (runs_.size() > runs_kept) runs_.pop_front();
    return true;
}

void backup_service::change(const std::function<void(backup_run&)>& by) {
    const std::lock_guard lock(mutex_);
    if (auto* const run = running()) by(*run);
}

std::string backup_service::free_name(timestamp now) const {
    std::string name = backup_name(now);
    const auto all = copies_in(settings_.directory);
    for (int number = 2; std::find(all.begin(), all.end(), name) != all.end(); ++number)
        name = backup_name(now, number);
    return name;
}

void backup_service::make(const std::stop_token& stop) {
    const timestamp begun = wall_clock();
    backup_run now;
    bool is_scheduled = false;
    change([&](backup_run& run) {
        run.state = backup_state::copying;
        run.started_at = begun;
        if (run.name.empty()) run.name = free_name(begun);
        now = run;
        is_scheduled = is_scheduled_;
    });
    if (is_scheduled) note_begin(now);
    backup_options wanted;
    wanted.should_stop = [this, &stop] {
        const std::lock_guard lock(mutex_);
        return stop.stop_requested() || cancelled_by_;
    };
    wanted.bytes_per_second_max = settings_.bytes_per_second_max;
    wanted.verify = settings_.verify;
    wanted.on_progress = [this](const backup_progress& done) {
        change([&](backup_run& run) {
            if (done.is_checking) run.state = backup_state::checking;
            if (done.pages_all > 0)
                run.progress = static_cast<double>(done.pages_done) / static_cast<double>(done.pages_all);
        });
    };
    auto made = settings_.copy(path_of(now.name), std::move(wanted));
    if (made && !keep_or_cancel()) {
        remove_copies(settings_.directory, std::vector{now.name},
                      [this](const std::string& why) { say(log_level::warning, "backup " + why); });
        made = error(errc::cancelled);
    }
    ended(std::move(made), begun);
}

// Whoever was answered that it is cancelled finds no copy, also when that came after the last look at it. False: cancelled.
bool backup_service::keep_or_cancel() {
    const std::lock_guard lock(mutex_);
    is_kept_ = !cancelled_by_;
    return is_kept_;
}

// A database that takes no more writes is to be copied all the same.
void backup_service::note_begin(const backup_run& run) const {
    audit_entry entry = entry_of("begin_backup", "/admin/backup/" + run.id, run.created_at);
    json::writer(entry.detail).begin_object().key("name").string(run.name).end_object();
    if (const auto noted = settings_.note({std::move(entry)}); !noted)
        say(log_level::error, "backup " + run.name + " is missing in the audit log: " + noted.error().message());
}

// What goes is in the audit log first: nothing goes that could not be noted.
std::vector<std::string> backup_service::remove_old(timestamp begun) {
    backup_retention kept = settings_.kept;
    std::string id, principal(by_system);
    {
        const std::lock_guard lock(mutex_);
        kept = kept_by_run_.value_or(kept);
        if (const auto* const run = running()) {
            id = run->id;
            if (kept_by_run_) principal = run->created_by;
        }
    }
    // The new copy is named by when it began, so that it is the newest then.
    const auto surplus = surplus_backups(copies_in(settings_.directory), kept, begun);
    std::vector<audit_entry> entries;
    for (const std::string& name : surplus) {
        entries.push_back(entry_of("delete_backup", "/admin/backups/" + name, wall_clock()));
        entries.back().principal = principal;
        json::writer(entries.back().detail).begin_object().key("backup").string(id).end_object();
    }
    if (entries.empty()) return {};
    if (const auto noted = settings_.note(entries); !noted) {
        say(log_level::error, "old backups stay: the audit log cannot be written: " + noted.error().message());
        return {};
    }
    auto removed = remove_copies(settings_.directory, surplus,
                                 [this](const std::string& why) { say(log_level::warning, "backup " + why); });
    for (const auto& name : removed) say(log_level::info, "backup " + name + " was removed: its time had come");
    return removed;
}

void backup_service::ended(result<backup_report> made, timestamp begun) {
    const timestamp now = wall_clock();
    std::vector<std::string> removed;
    if (made) removed = remove_old(begun);
    const std::lock_guard lock(mutex_);
    auto* const run = running();
    const auto cancelled_by = std::exchange(cancelled_by_, std::nullopt);
    is_kept_ = false;
    if (run == nullptr) return;
    run->finished_at = now;
    if (!made && cancelled_by && !is_stopping_) {
        run->state = backup_state::cancelled;
        run->detail = "cancelled" + (cancelled_by->empty() ? std::string() : " by " + *cancelled_by);
        next_at_ = now + settings_.every.count() * second;
        return say(log_level::warning, "backup " + run->name + " was " + run->detail);
    }
    if (!made) {
        run->state = backup_state::failed;
        run->detail = is_stopping_ ? "the server stopped" : reason_of(made.error());
        ++counts_.failed;
        next_at_ = now + std::min<timestamp>(retry_after, settings_.every.count() * second);
        return say(log_level::error, "backup " + run->name + " failed: " + run->detail);
    }
    run->state = backup_state::succeeded;
    run->progress = 1;
    run->bytes = static_cast<std::int64_t>(made->bytes);
    run->sequence = static_cast<std::int64_t>(made->commit_sequence);
    run->taken_at = microseconds_of(made->taken_at);
    run->removed = std::move(removed);
    ++counts_.succeeded;
    counts_.last_success_at = *run->taken_at / second;
    counts_.last_bytes = run->bytes;
    counts_.last_seconds = static_cast<double>(now - begun) / static_cast<double>(second);
    next_at_ = begun + settings_.every.count() * second;
    say(log_level::info,
        "backup " + run->name + ": " + std::to_string(run->bytes) + " bytes, commit " + std::to_string(run->sequence));
}

}  // namespace carrel::siem
