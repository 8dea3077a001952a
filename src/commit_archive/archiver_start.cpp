// How an archive goes on when a database is opened: with the last generation if nothing is missing between, else with a new one.
#include "commit_archive/archiver.hpp"
#include "commit_archive/last_pages.hpp"

#include <algorithm>
#include <cerrno>

namespace carrel::commits {
namespace {

std::int64_t wall_clock() noexcept {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

page_header page_header_of(const commit_follower::opened_file& file) {
    page_header header{};
    std::copy(file.file_header.begin(), file.file_header.end(), header.begin());
    return header;
}

position run_begin(position at, const wal_header& run) {
    at.run = run;
    at.frames = 0;
    at.sum = run.sum();
    return at;
}

// Where the log ends, for a chain that begins there.
result<position> end_of_log(const commit_follower::opened_file& file) {
    position at;
    at.first_page = page_header_of(file);
    auto log = log_reader::open(file.path);
    if (log) {
        const auto run = log->header();
        if (!run) return run.error();
        if (*run) at = run_begin(at, **run);
    }
    gather_limits limits;
    limits.checks_sequences = false;
    while (at.run) {
        auto found = log->gather(at, limits, {});
        if (!found) return found.error();
        if (found->commits.empty()) break;
        at = found->after;
    }
    at.sequence = file.sequence;
    at.time = wall_clock();
    return at;
}

// Another history may have left the same header: as many commits, which changed the file's size by as much. It has not left the same
// pages.
result<bool> holds_last_pages(const std::string& directory, const commit_follower::opened_file& file) {
    const auto all = read_catalogue(directory);
    if (!all) return all.error();
    const auto last = last_pages(all->back());
    if (!last) return last.error();
    for (const auto& [number, content] : *last) {
        const auto held = file.read(std::uint64_t{number - 1} * content.size(), content.size());
        if (!held) return held.error();
        if (*held != content) return false;
    }
    return true;
}

// Where in the log the chain goes on. Nothing, with why, if that is not this database as the chain left it.
std::optional<position> continuation(const std::string& directory, position at,
                                     const commit_follower::opened_file& file, const log_reader* log,
                                     std::string& why) {
    const auto header = log != nullptr ? log->header() : result<std::optional<wal_header>>(std::nullopt);
    const auto run = header ? *header : std::nullopt;
    if (run && at.run && run->salts() == at.run->salts()) {
        const auto held = log->holds(at);
        if (held && *held) return at;
        why = "the write-ahead log does not hold what was archived last";
        return std::nullopt;
    }
    // All of the earlier run was archived before it left the log, so the file is as that run left it. Whoever opens it to write
    // changes this header.
    const bool is_same = at.knows_first_page() && at.first_page == page_header_of(file);
    const auto held = is_same ? holds_last_pages(directory, file) : result<bool>(false);
    if (!held || !*held) {
        why = file.sequence < at.sequence
                  ? "the database is at commit " + std::to_string(file.sequence) + ", before the archive's " +
                        std::to_string(at.sequence) + ": it was restored, or is another one"
                  : "the database was changed while it was not archived";
        return std::nullopt;
    }
    return run ? run_begin(at, *run) : at;
}

}  // namespace

void archiver::opened(const opened_file& file) noexcept {
    try {
        file_ = file;
        file_.read = nullptr;
        auto begun = begin_at(file);
        if (!begun) log(log_level::error, "it cannot be begun, and is tried again: " + begun.error().message());
        const std::lock_guard lock(mutex_);
        state_ = begun ? state::following : state::lost;
        if (!begun) ++counts_.failures;
        if (!begun) writer_.reset();
    } catch (const std::exception& e) {
        log(log_level::error, e.what());
        const std::lock_guard lock(mutex_);
        writer_.reset();
        state_ = state::lost;
    }
    try {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::exception& e) {
        log(log_level::error, std::string("without a thread nothing is archived: ") + e.what());
        const std::lock_guard lock(mutex_);
        state_ = state::closed;
    }
}

result<void> archiver::begin_at(const opened_file& file) {
    const auto all = read_catalogue(settings_.directory);
    if (!all) return all.error();
    if (!all->empty() && all->back().ended.empty()) {
        const auto went = go_on(file, *all);
        if (!went) return went.error();
        if (*went) return {};
    }
    const auto from = end_of_log(file);
    if (!from) return from.error();
    return begin_generation(*from);
}

result<bool> archiver::go_on(const opened_file& file, const std::vector<generation>& all) {
    const auto& last = all.back();
    auto resumed = chain_writer::resume(last);
    std::string why;
    if (resumed) {
        writer_.emplace(std::move(*resumed));
        const auto log = log_reader::open(file.path);
        const auto from = continuation(settings_.directory, writer_->at(), file, log ? &*log : nullptr, why);
        if (from) {
            auto done = catch_up(*from, file, log ? &*log : nullptr);
            if (!done && done.error() != sqlite_errc::corrupt) return done.error();
            if (!done) why = done.error().diagnostic();
        }
    } else {
        why = resumed.error().message();
    }
    if (why.empty()) {
        this->log(log_level::info, "generation " + std::to_string(last.number) + " goes on at commit " +
                                       std::to_string(writer_->at().sequence));
        const std::lock_guard lock(mutex_);
        publish();
        return true;
    }
    this->log(log_level::warning, "generation " + std::to_string(last.number) + " ends: " + why);
    if (writer_) (void)writer_->end(why);
    else (void)write_whole(last.path + "/" + ended_name, why);
    writer_.reset();
    const std::lock_guard lock(mutex_);
    ++counts_.gaps;
    return false;
}

// What a crash left in the log. Nobody noted when it was committed: at the latest when the log was last written. All of it is looked at
// before any of it is archived: what does not lead to the database's last commit is of another history.
result<void> archiver::catch_up(const position& from, const opened_file& file, const log_reader* log) {
    gather_limits limits;
    limits.bytes = settings_.block_bytes;
    limits.sequence_page = file.sequence_page;
    limits.estimated_time = std::min(file.log_time, wall_clock());
    const auto follow = [&](auto visit) -> result<std::uint64_t> {
        auto at = from;
        while (at.run && log != nullptr) {
            const auto found = log->gather(at, limits, {});
            if (!found) return found.error();
            if (found->commits.empty()) break;
            if (auto visited = visit(*found); !visited) return visited.error();
            at = found->after;
        }
        return at.sequence;
    };
    const auto last = follow([](const gathered&) { return result<void>(); });
    if (!last) return last.error();
    if (*last != file.sequence)
        return error(
            make_error_code(sqlite_errc::corrupt),
            "the database is at commit " + std::to_string(file.sequence) + ", the archive at " + std::to_string(*last));
    if (const auto added = follow([&](const gathered& found) { return writer_->append(found); }); !added)
        return added.error();
    return writer_->sync(settings_.file_bytes, settings_.file_time);
}

result<void> archiver::begin_generation(const position& from) {
    const auto all = read_catalogue(settings_.directory);
    if (!all) return all.error();
    // Not one that this process has written: somebody may have removed it, and it had its base.
    const auto written = static_cast<std::uint32_t>(counts_.generation);
    const auto number = std::max(all->empty() ? 0 : all->back().number, written) + 1;
    auto begun = chain_writer::begin(settings_.directory, number, file_.page_bytes, from);
    if (!begun) return begun.error();
    writer_.emplace(std::move(*begun));
    pause_ = std::chrono::seconds(1);
    log(log_level::info,
        "generation " + std::to_string(number) + " begins after commit " + std::to_string(from.sequence));
    const std::lock_guard lock(mutex_);
    last_failure_.clear();
    publish();
    return {};
}

}  // namespace carrel::commits
