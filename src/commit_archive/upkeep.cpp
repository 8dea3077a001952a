#include "commit_archive/upkeep.hpp"

#include "commit_archive/base_copy.hpp"
#include "commit_archive/retention.hpp"
#include "commit_archive/sender.hpp"

#include <algorithm>

namespace carrel::commits {
namespace {

constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::seconds pause_max{60}, drop_interval{60};

std::int64_t wall_clock() noexcept {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::chrono::seconds longer(std::chrono::seconds pause) { return std::min(pause * 2, pause_max); }

}  // namespace

upkeep::upkeep(archiver& of, database& store)
    : archiver_(of),
      store_(store) {
    archiver_.attach(&store);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

upkeep::~upkeep() {
    thread_.request_stop();
    thread_.join();
    archiver_.attach(nullptr);
}

void upkeep::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            make_base_if_due(stop);
            send_files(stop);
            drop_old();
        } catch (const std::exception& e) {
            archiver_.note_failure();
            archiver_.log(log_level::error, e.what());
        }
        std::unique_lock lock(mutex_);
        waiting_.wait_for(lock, stop, look_interval, [] { return false; });
    }
}

// A generation can be restored from its first base on. Later ones make that shorter, and let what came before go.
void upkeep::make_base_if_due(const std::stop_token& stop) {
    const auto number = archiver_.archived().generation;
    const auto now = clock::now();
    if (number == 0 || (number == base_generation_ && now < base_due_)) return;
    const auto path = generation_path(archiver_.settings().directory, number);
    if (number != base_generation_) {
        const auto all = read_catalogue(archiver_.settings().directory);
        const auto found = all ? std::ranges::find(*all, number, &generation::number) : decltype(all->begin()){};
        if (all && found != all->end() && !found->bases.empty()) {
            const std::chrono::microseconds age(wall_clock() - found->bases.back().time);
            base_generation_ = number;
            base_due_ = now + std::max(clock::duration(0), clock::duration(archiver_.settings().base_every - age));
            return;
        }
    }
    const auto made = make_base(
        store_, path, [&](std::uint64_t sequence) { return await_commit(number, sequence, stop); }, stop);
    if (made) {
        archiver_.log(log_level::info,
                      "base at commit " + std::to_string(made->sequence) + " in generation " + std::to_string(number));
        base_generation_ = number;
        base_due_ = clock::now() + archiver_.settings().base_every;
        base_pause_ = std::chrono::seconds(1);
        drop_due_ = {};
        return;
    }
    if (stop.stop_requested()) return;
    archiver_.note_failure();
    archiver_.log(log_level::error, "no base could be made: " + made.error().message());
    base_generation_ = number;
    base_due_ = clock::now() + base_pause_;
    base_pause_ = longer(base_pause_);
}

// The copy may hold commits that are not archived yet. When one was made is known from then on.
result<std::int64_t> upkeep::await_commit(std::uint32_t generation, std::uint64_t sequence,
                                          const std::stop_token& stop) {
    for (;;) {
        const auto now = archiver_.archived();
        if (now.generation != generation) return error(errc::cancelled, "the generation ended");
        if (now.sequence >= sequence) break;
        if (stop.stop_requested()) return error(errc::cancelled);
        std::unique_lock lock(mutex_);
        waiting_.wait_for(lock, stop, look_interval, [] { return false; });
    }
    const auto all = read_catalogue(archiver_.settings().directory);
    if (!all) return all.error();
    const auto found = std::ranges::find(*all, generation, &generation::number);
    if (found == all->end()) return error(errc::cancelled, "the generation is gone");
    const auto time = time_of(*found, sequence);
    if (!time) return time.error();
    if (!*time)
        return error(make_error_code(sqlite_errc::corrupt),
                     "commit " + std::to_string(sequence) + " is not in the archive");
    return **time;
}

void upkeep::send_files(const std::stop_token& stop) {
    const auto& settings = archiver_.settings();
    if (settings.command.words.empty() || clock::now() < send_due_) return;
    bool is_noted = false;
    const auto sent = send_next(settings.directory, settings.command, stop, [&](const std::string& path, auto running) {
        archiver_.note_command(running);
        if (is_noted || running < settings.command.noted_after) return;
        is_noted = true;
        note_long_command(path);
    });
    archiver_.note_command({});
    if (sent && *sent) {
        send_pause_ = std::chrono::seconds(1);
        last_failure_.clear();
        send_due_ = {};
        return;
    }
    send_due_ = clock::now() + (sent ? std::chrono::seconds(1) : send_pause_);
    if (sent || stop.stop_requested()) return;
    send_pause_ = longer(send_pause_);
    archiver_.note_failure();
    const auto why = sent.error().text;
    if (why != last_failure_) archiver_.log(log_level::error, why + "; it is tried again");
    last_failure_ = why;
}

void upkeep::note_long_command(const std::string& path) {
    const auto& command = archiver_.settings().command;
    const auto seconds = [](auto time) {
        return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
    };
    archiver_.log(log_level::warning, command.words.front() + " has not taken " + path + " for " +
                                          seconds(command.noted_after) + "; it is ended after " +
                                          seconds(command.time_max) + ", and until then no base is made");
}

void upkeep::drop_old() {
    const auto& settings = archiver_.settings();
    if (settings.keep.count() == 0 || clock::now() < drop_due_) return;
    drop_due_ = clock::now() + drop_interval;
    const auto oldest = wall_clock() - std::chrono::microseconds(settings.keep).count();
    const auto dropped = drop_before(settings.directory, oldest, !settings.command.words.empty());
    if (!dropped) archiver_.note_failure();
    if (!dropped) archiver_.log(log_level::error, "what is too old could not be removed: " + dropped.error().message());
    else if (*dropped > 0)
        archiver_.log(log_level::info, std::to_string(*dropped) + " files were too old and are gone");
}

}  // namespace carrel::commits
