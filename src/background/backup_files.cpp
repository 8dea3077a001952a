// The folder of backup_service: what lies in it, and what goes.
#include "background/backup_folder.hpp"
#include "background/backup_service.hpp"
#include "background/worker.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace carrel::siem {

namespace {

constexpr std::size_t removals_kept = 100;

error system_failure(const std::string& what) {
    return {error_code(errno, boost::system::system_category()), what + ": " + std::strerror(errno)};
}

}  // namespace

std::string backup_service::path_of(std::string_view name) const {
    return settings_.directory + "/" + std::string(name);
}

result<void> backup_service::take_over() {
    struct stat info {};
    if (::stat(settings_.directory.c_str(), &info) != 0) return system_failure(settings_.directory);
    if (!S_ISDIR(info.st_mode) || ::access(settings_.directory.c_str(), R_OK | W_OK | X_OK) != 0) {
        if (!S_ISDIR(info.st_mode)) errno = ENOTDIR;
        return system_failure(settings_.directory);
    }
    remove_left_overs(settings_.directory);
    // The clock may have been set back since: a copy of later than now says nothing of how old the newest one is.
    const timestamp now = wall_clock();
    timestamp newest = 0;
    for (const auto& name : copies_in(settings_.directory))
        if (const auto taken_at = time_in_backup_name(name).value_or(0); taken_at <= now)
            newest = std::max(newest, taken_at);
    counts_.last_success_at = newest / 1'000'000;
    if (newest > 0) next_at_ = newest + settings_.every.count() * 1'000'000;
    return {};
}

// With or without the mutex.
std::optional<backup_copy> backup_service::copy_at(const std::string& name) {
    struct stat info {};
    if (!is_backup_name(name) || ::lstat(path_of(name).c_str(), &info) != 0 || !S_ISREG(info.st_mode))
        return std::nullopt;
    backup_copy found;
    found.name = name;
    found.bytes = info.st_size;
    const timestamp changed = timestamp{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1'000;
    found.taken_at = time_in_backup_name(name).value_or(changed);
    return found;
}

std::vector<backup_copy> backup_service::copies() {
    std::vector<backup_copy> all;
    for (const auto& name : copies_in(settings_.directory))
        if (auto found = copy(name)) all.push_back(std::move(*found));
    std::sort(all.begin(), all.end(), [](const backup_copy& a, const backup_copy& b) {
        return a.taken_at != b.taken_at ? a.taken_at > b.taken_at : a.name > b.name;
    });
    return all;
}

std::optional<backup_copy> backup_service::copy(std::string_view name) {
    auto found = copy_at(std::string(name));
    if (!found) return found;
    {
        const std::lock_guard lock(mutex_);
        const auto known = facts_.find(name);
        if (known != facts_.end() && std::get<0>(known->second) == found->bytes) {
            found->sequence = std::get<1>(known->second).sequence;
            found->schema_step = std::get<1>(known->second).schema_step;
            return found;
        }
    }
    const auto facts = settings_.read_facts(path_of(name));
    if (!facts) return found;
    found->sequence = facts->sequence;
    found->schema_step = facts->schema_step;
    const std::lock_guard lock(mutex_);
    facts_.insert_or_assign(std::string(name), std::pair(found->bytes, *facts));
    return found;
}

bool backup_service::remove(std::string_view name, std::string_view request_id) {
    {
        const std::lock_guard lock(mutex_);
        // The job that asks may be run again.
        if (std::find(removed_by_.begin(), removed_by_.end(), request_id) != removed_by_.end()) return true;
        if (!copy_at(std::string(name))) return false;
        const std::string hidden = path_of(std::string(removed_prefix) + std::string(name));
        if (std::rename(path_of(name).c_str(), hidden.c_str()) != 0) return false;
        facts_.erase(std::string(name));
        doomed_.push_back(hidden);
        removed_by_.emplace_back(request_id);
        if (removed_by_.size() > removals_kept) removed_by_.pop_front();
    }
    changed_.notify_all();
    return true;
}

void backup_service::remove_files(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !doomed_.empty(); })) {
        const std::string path = std::move(doomed_.front());
        doomed_.pop_front();
        lock.unlock();
        if (::unlink(path.c_str()) != 0)
            say(log_level::warning, path + " could not be removed: " + std::strerror(errno));
        lock.lock();
    }
}

bool backup_service::read(std::string_view name, std::int64_t at, std::int64_t bytes, std::string& into) {
    if (!is_backup_name(name)) return false;
    const int fd = ::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return false;
    const auto before = into.size();
    into.resize(before + static_cast<std::size_t>(bytes));
    std::size_t got = 0;
    while (got < static_cast<std::size_t>(bytes)) {
        const auto some = ::pread(fd, into.data() + before + got, static_cast<std::size_t>(bytes) - got,
                                  at + static_cast<std::int64_t>(got));
        if (some < 0 && errno == EINTR) continue;
        if (some <= 0) break;
        got += static_cast<std::size_t>(some);
    }
    ::close(fd);
    into.resize(before + got);
    return true;
}

}  // namespace carrel::siem
